package dev.piecework.worker.transfer;

import dev.piecework.layout.Bundle;
import dev.piecework.layout.ObjectLayout;
import dev.piecework.layout.Segments;
import dev.piecework.worker.scratch.JobScratch;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * Decides when scratch segments go. One that every bundle over it is done with is kept for peers as
 * long as there is room, the oldest going first. Not safe for threads: its owner holds a lock.
 */
final class SegmentRetention {
  private final ObjectLayout layout;
  private final JobScratch scratch;
  private final Segments segments;
  private final long retainBytes;
  private final int[] openBundles;
  private final ArrayDeque<Integer> retained = new ArrayDeque<>();
  private long retainedBytes;

  /**
   * @param done bundles that are done already
   * @param retainBytes most bytes of finished segments to keep
   */
  SegmentRetention(ObjectLayout layout, JobScratch scratch, BitSet done, long retainBytes) {
    this.layout = layout;
    this.scratch = scratch;
    this.segments = scratch.segments();
    this.retainBytes = retainBytes;
    this.openBundles = new int[segments.count()];
    for (Bundle bundle : layout.bundles()) {
      if (!done.get(bundle.index())) {
        count(bundle, 1);
      }
    }
    for (int segment = 0; segment < openBundles.length; segment++) {
      if (openBundles[segment] == 0 && scratch.present(segment)) {
        retain(segment);
      }
    }
  }

  /** A bundle is done. */
  void bundleDone(int bundle) {
    Bundle done = layout.bundles().get(bundle);
    count(done, -1);
    for (int segment = first(done); segment <= last(done); segment++) {
      if (openBundles[segment] == 0 && scratch.present(segment)) {
        retain(segment);
      }
    }
  }

  /**
   * Takes the segments that must go now; delete them when nobody is told of them any more.
   *
   * @param room bytes that nobody uses; when negative, as many are given back
   */
  List<Integer> takeSuperfluous(long room) {
    return takeDownTo(Math.min(retainBytes, Math.max(0, retainedBytes + room)));
  }

  /** Takes kept segments of at least so many bytes, as far as there are. */
  List<Integer> take(long bytes) {
    return takeDownTo(Math.max(0, retainedBytes - bytes));
  }

  private List<Integer> takeDownTo(long most) {
    List<Integer> superfluous = new ArrayList<>();
    while (retainedBytes > most) {
      int oldest = retained.removeFirst();
      retainedBytes -= segments.length(oldest);
      superfluous.add(oldest);
    }
    return superfluous;
  }

  private void retain(int segment) {
    retained.addLast(segment);
    retainedBytes += segments.length(segment);
  }

  private void count(Bundle bundle, int change) {
    for (int segment = first(bundle); segment <= last(bundle); segment++) {
      openBundles[segment] += change;
    }
  }

  private int first(Bundle bundle) {
    return empty(bundle) ? 0 : segments.of(bundle.firstPiece());
  }

  private int last(Bundle bundle) {
    return empty(bundle) ? -1 : segments.of(bundle.lastPiece());
  }

  private static boolean empty(Bundle bundle) {
    return bundle.lastPiece() < bundle.firstPiece();
  }
}
