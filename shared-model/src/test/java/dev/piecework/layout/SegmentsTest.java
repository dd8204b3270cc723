package dev.piecework.layout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.piecework.metainfo.Metainfo;
import dev.piecework.metainfo.TorrentMaker;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SegmentsTest {
  @ParameterizedTest
  @MethodSource("dev.piecework.layout.RandomTorrents#seeds")
  void segmentsTileThePieces(int seed) {
    Metainfo metainfo = RandomTorrents.of(seed);
    Segments segments = new Segments(metainfo, ObjectLayout.of(metainfo, "x/").bundles());
    int next = 0;
    long total = 0;
    for (int segment = 0; segment < segments.count(); segment++) {
      assertThat(segments.firstPiece(segment)).isEqualTo(next);
      long at = 0;
      for (int piece = next; piece <= segments.lastPiece(segment); piece++) {
        assertThat(segments.of(piece)).isEqualTo(segment);
        assertThat(segments.offsetInSegment(piece)).isEqualTo(at);
        at += metainfo.pieceLength(piece);
      }
      assertThat(segments.length(segment)).isEqualTo(at);
      next = segments.lastPiece(segment) + 1;
      total += at;
    }
    assertThat(next).isEqualTo(metainfo.pieceCount());
    assertThat(total).isEqualTo(metainfo.totalLength());
  }

  @ParameterizedTest
  @MethodSource("dev.piecework.layout.RandomTorrents#seeds")
  void allPiecesOfASegmentAreNeededByTheSameBundles(int seed) {
    Metainfo metainfo = RandomTorrents.of(seed);
    List<Bundle> bundles = ObjectLayout.of(metainfo, "x/").bundles();
    Segments segments = new Segments(metainfo, bundles);
    for (Bundle bundle : bundles) {
      if (bundle.lastPiece() >= bundle.firstPiece()) {
        int first = segments.of(bundle.firstPiece());
        int last = segments.of(bundle.lastPiece());
        assertThat(segments.firstPiece(first)).isEqualTo(bundle.firstPiece());
        assertThat(segments.lastPiece(last)).isEqualTo(bundle.lastPiece());
        long bytes = 0;
        for (int segment = first; segment <= last; segment++) {
          bytes += segments.length(segment);
        }
        assertThat(bytes).isLessThanOrEqualTo(segments.longestBundle());
      }
    }
  }

  @Test
  void aPieceLongerThanABundleIsASegment() {
    Metainfo metainfo = TorrentMaker.single("x", 300 * (1 << 20), 100 * (1 << 20));
    Segments segments = new Segments(metainfo, ObjectLayout.of(metainfo, "x/").bundles());
    assertThat(segments.count()).isEqualTo(3);
    assertThat(segments.length(1)).isEqualTo(100 * (1 << 20));
    assertThat(segments.of(2)).isEqualTo(2);
    assertThatThrownBy(() -> segments.of(3)).isInstanceOf(IndexOutOfBoundsException.class);
  }
}
