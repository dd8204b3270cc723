package dev.piecework.tracker;

import dev.piecework.engine.TorrentStats.TrackerState;
import dev.piecework.tracker.AnnounceResult.Accepted;
import dev.piecework.tracker.AnnounceResult.Failed;
import dev.piecework.tracker.AnnounceResult.Retry;
import java.time.Duration;

/** One tracker of one torrent: what it has been told, and when it may be asked again. */
final class Tracker {
  private static final String WAITING = "waiting";

  private final String text;
  private final TrackerUrl url;
  private String outcome = WAITING;
  private String said = "";
  private int peers;
  private String trackerId = "";
  private int fails;
  private boolean never;
  private long notBeforeNanos;
  private long dueNanos;
  private long soonestNanos;
  private boolean started;
  private boolean completed;

  /**
   * @param text the announce URL as received
   * @param url the same, taken apart
   * @param nowNanos from now on it may be asked
   */
  Tracker(String text, TrackerUrl url, long nowNanos) {
    this.text = text;
    this.url = url;
    this.notBeforeNanos = nowNanos;
    this.dueNanos = nowNanos;
    this.soonestNanos = nowNanos;
  }

  TrackerUrl url() {
    return url;
  }

  String trackerId() {
    return trackerId;
  }

  TrackerState state() {
    return new TrackerState(text, outcome, peers);
  }

  /** What it wrote last, a refusal or a warning: cleaned, for the log only. */
  String said() {
    return said;
  }

  /** Whether it knows of us, so that it must be told when we leave. */
  boolean started() {
    return started;
  }

  /**
   * What the next announce must say.
   *
   * @param downloadCompleted whether the download became complete since it was added
   */
  AnnounceEvent nextEvent(boolean downloadCompleted) {
    if (!started) {
      return AnnounceEvent.STARTED;
    }
    return downloadCompleted && !completed ? AnnounceEvent.COMPLETED : AnnounceEvent.REGULAR;
  }

  /** Whether it failed last time. */
  boolean failing() {
    return fails > 0;
  }

  /** Whether it has asked never to be asked again (BEP 31). */
  boolean never() {
    return never;
  }

  /** When a failing tracker may be tried again. */
  long notBeforeNanos() {
    return notBeforeNanos;
  }

  /** When the next regular announce is due. */
  long dueNanos() {
    return dueNanos;
  }

  /** Before this, not even more wanted peers are a reason to ask. */
  long soonestNanos() {
    return soonestNanos;
  }

  void accepted(AnnounceEvent event, Accepted answer, long nowNanos) {
    fails = 0;
    started = true;
    completed |= event == AnnounceEvent.COMPLETED;
    peers = answer.peers().size();
    outcome = "ok";
    said = answer.warning();
    if (!answer.trackerId().isEmpty()) {
      trackerId = answer.trackerId();
    }
    dueNanos =
        nowNanos + AnnounceTiming.interval(answer.interval(), answer.minInterval()).toNanos();
    soonestNanos =
        nowNanos + AnnounceTiming.minInterval(answer.interval(), answer.minInterval()).toNanos();
  }

  void failed(Failed failure, long nowNanos) {
    fails++;
    peers = 0;
    outcome = failure.message();
    said = failure.said();
    Duration delay =
        switch (failure.retry()) {
          case Retry.AsUsual _ -> AnnounceTiming.afterFailure(fails);
          case Retry.After after -> after.delay();
          case Retry.Never _ -> {
            never = true;
            yield Duration.ZERO;
          }
        };
    notBeforeNanos = nowNanos + delay.toNanos();
  }
}
