package dev.piecework.standalone.run;

import dev.piecework.cli.progress.Human;
import dev.piecework.message.EventData.Progress;
import dev.piecework.message.JobEvent;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Notices that a job has nobody to download from, and says so now and then. */
final class PeerWatch {
  private static final Duration FIRST = Duration.ofSeconds(10);
  private static final Duration AGAIN = Duration.ofSeconds(60);

  private final InstantSource clock;
  private final Duration patience;
  private final Map<String, Lonely> jobs = new HashMap<>();

  private record Lonely(Instant since, Instant nextWord) {}

  /**
   * @param patience after which the job will be given up
   */
  PeerWatch(InstantSource clock, Duration patience) {
    this.clock = clock;
    this.patience = patience;
  }

  /** Takes an event in; returns what a person should be told. */
  Optional<String> accept(JobEvent event) {
    if (!(event.data() instanceof Progress progress)) {
      return Optional.empty();
    }
    boolean alone =
        progress.peers() == 0
            && progress.phase().equals("transfer")
            && progress.verifiedBytes() < progress.totalBytes();
    if (!alone) {
      jobs.remove(event.jobId());
      return Optional.empty();
    }
    Instant now = clock.instant();
    Lonely lonely = jobs.computeIfAbsent(event.jobId(), _ -> new Lonely(now, now.plus(FIRST)));
    if (now.isBefore(lonely.nextWord())) {
      return Optional.empty();
    }
    jobs.put(event.jobId(), new Lonely(lonely.since(), now.plus(AGAIN)));
    Duration time = Duration.between(lonely.since(), now);
    return Optional.of(
        "no peers for %s: no tracker has named one that answers; still trying, for %s at most. Is the network up? --peer HOST:PORT names one."
            .formatted(Human.duration(time), Human.duration(patience)));
  }
}
