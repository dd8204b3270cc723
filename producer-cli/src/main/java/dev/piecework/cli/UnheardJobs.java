package dev.piecework.cli;

import dev.piecework.cli.progress.Human;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * Jobs that were sent and of which no worker has said anything. A worker registers a job within
 * moments, however many wait before it: silence means that there is none.
 */
final class UnheardJobs {
  private static final Duration FIRST = Duration.ofSeconds(10);
  private static final Duration AGAIN = Duration.ofMinutes(5);

  private final InstantSource clock;
  private final Set<String> jobIds;
  private Optional<Instant> nextWord = Optional.empty();
  private Optional<Instant> since = Optional.empty();

  /**
   * @param clock for time that passes; a steady one
   */
  UnheardJobs(InstantSource clock, Collection<String> jobIds) {
    this.clock = clock;
    this.jobIds = new HashSet<>(jobIds);
  }

  /** The broker has the jobs, and its answers reach us. */
  void sent() {
    since = Optional.of(clock.instant());
    nextWord = since.map(sent -> sent.plus(FIRST));
  }

  /** Silence says nothing for now: the broker is away. */
  void pause() {
    since = Optional.empty();
    nextWord = Optional.empty();
  }

  /** An event of a job has come. */
  void heard(String jobId) {
    jobIds.remove(jobId);
  }

  /** What a person should be told now. */
  Optional<String> word() {
    Instant now = clock.instant();
    if (jobIds.isEmpty() || nextWord.filter(due -> !now.isBefore(due)).isEmpty()) {
      return Optional.empty();
    }
    nextWord = Optional.of(now.plus(AGAIN));
    Duration silence = Duration.between(since.orElse(now), now);
    return Optional.of(
        "no worker has taken notice of %s for %s: start one (piecework worker), or check that it uses this broker and vhost and can reach its database; still waiting"
            .formatted(
                jobIds.size() == 1 ? "job " + jobIds.iterator().next() : jobIds.size() + " jobs",
                Human.duration(silence)));
  }
}
