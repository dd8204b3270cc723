package dev.piecework.cli.progress;

import dev.piecework.message.EventData.Progress;
import dev.piecework.message.EventData.TrackerOutcome;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Tells why nobody is there to download from, as far as the trackers know: once, and on change. */
final class TrackerWords {
  private static final int NAMED = 3;
  private static final String WAITING = "waiting";

  /** Peers named by hand or found otherwise get this long first. */
  private static final Duration FIRST = Duration.ofSeconds(2);

  /** A torrent of many trackers must not fill the screen as they fail one by one. */
  private static final Duration AGAIN = Duration.ofSeconds(10);

  private Optional<Instant> aloneSince = Optional.empty();
  private Instant nextWord = Instant.MIN;
  private String last = "";

  /** Takes figures in; returns what a person should be told. */
  Optional<String> accept(Instant time, Progress progress) {
    List<TrackerOutcome> trackers = progress.trackers();
    boolean alone =
        progress.peers() == 0
            && progress.phase().equals("transfer")
            && progress.verifiedBytes() < progress.totalBytes();
    if (!alone) {
      aloneSince = Optional.empty();
      return Optional.empty();
    }
    Instant since = aloneSince.orElse(time);
    aloneSince = Optional.of(since);
    boolean hope =
        trackers.stream()
            .anyMatch(tracker -> tracker.peers() > 0 || tracker.outcome().equals(WAITING));
    if (trackers.isEmpty() || hope || time.isBefore(since.plus(FIRST)) || time.isBefore(nextWord)) {
      return Optional.empty();
    }
    String words = "no peers yet; " + words(trackers);
    if (words.equals(last)) {
      return Optional.empty();
    }
    last = words;
    nextWord = time.plus(AGAIN);
    return Optional.of(words);
  }

  /** How trackers answered, in a few words. */
  static String words(List<TrackerOutcome> trackers) {
    return trackers.stream()
            .limit(NAMED)
            .map(tracker ->
                "tracker "
                    + tracker.tracker()
                    + ": "
                    + (tracker.outcome().equals("ok")
                        ? "ok, names " + Human.count(tracker.peers(), "peer")
                        : tracker.outcome()))
            .collect(Collectors.joining("; "))
        + (trackers.size() > NAMED ? "; and more trackers" : "");
  }
}
