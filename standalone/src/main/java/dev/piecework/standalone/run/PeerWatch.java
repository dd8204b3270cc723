package dev.piecework.standalone.run;

import dev.piecework.cli.progress.Human;
import dev.piecework.message.EventData.Progress;
import dev.piecework.message.EventData.TrackerOutcome;
import dev.piecework.message.JobEvent;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Notices that a job has nobody to download from, says so now and then, and knows when there is no
 * more use in waiting.
 */
final class PeerWatch {
  private static final Duration FIRST = Duration.ofSeconds(10);
  private static final Duration AGAIN = Duration.ofSeconds(60);

  private final InstantSource clock;
  private final Duration timeout;
  private final Map<String, Lonely> jobs = new HashMap<>();
  private final Set<String> metSomebody = new HashSet<>();

  /** The most that was there of each job; a job that began again may have less. */
  private final Map<String, Long> verifiedBytes = new HashMap<>();

  private record Lonely(Instant since, Instant nextWord, List<TrackerOutcome> trackers) {}

  /**
   * @param clock for time that passes; a steady one
   * @param timeout a job that meets nobody at all for this long is hopeless
   */
  PeerWatch(InstantSource clock, Duration timeout) {
    this.clock = clock;
    this.timeout = timeout;
  }

  /** Takes an event in; returns what a person should be told. */
  Optional<String> accept(JobEvent event) {
    if (!(event.data() instanceof Progress progress)) {
      return Optional.empty();
    }
    if (gotSomething(event.jobId(), progress)) {
      // Peers may come, give and go between two reports.
      metSomebody.add(event.jobId());
      jobs.remove(event.jobId());
    }
    if (progress.peers() > 0) {
      metSomebody.add(event.jobId());
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
    Lonely before = jobs.getOrDefault(event.jobId(), new Lonely(now, now.plus(FIRST), List.of()));
    boolean word = !now.isBefore(before.nextWord());
    jobs.put(
        event.jobId(),
        new Lonely(
            before.since(), word ? now.plus(AGAIN) : before.nextWord(), progress.trackers()));
    if (!word) {
      return Optional.empty();
    }
    String time = Human.duration(Duration.between(before.since(), now));
    return Optional.of(
        metSomebody.contains(event.jobId())
            ? "no peers for %s; still trying. --peer HOST:PORT names one.".formatted(time)
            : "no peers for %s; still trying, for %s at most. Is the network up? --peer HOST:PORT names one."
                .formatted(time, Human.duration(timeout)));
  }

  private boolean gotSomething(String job, Progress progress) {
    Long before = verifiedBytes.get(job);
    verifiedBytes.merge(job, progress.verifiedBytes(), Math::max);
    return progress.downloadBytesPerSecond() > 0
        || (before != null && progress.verifiedBytes() > before);
  }

  /**
   * What to tell when none of these jobs has met anybody for too long; empty while there is hope.
   *
   * @param waiting the jobs that have not ended
   */
  Optional<String> abandoned(Collection<String> waiting) {
    Instant latest = clock.instant().minus(timeout);
    Set<TrackerOutcome> trackers = new LinkedHashSet<>();
    for (String id : waiting) {
      Lonely job = jobs.get(id);
      if (job == null || metSomebody.contains(id) || job.since().isAfter(latest)) {
        return Optional.empty();
      }
      trackers.addAll(job.trackers());
    }
    if (waiting.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        "nobody to download from: no peer was reached in %s (%s); what is here is kept. Check the network, name a peer with --peer HOST:PORT, or wait longer with --no-peers-timeout; the same command goes on from here"
            .formatted(Human.duration(timeout), answers(trackers)));
  }

  private static String answers(Set<TrackerOutcome> trackers) {
    if (trackers.isEmpty()) {
      return "the torrent names no tracker";
    }
    return trackers.stream()
        .limit(Progress.MAX_TRACKERS)
        .map(tracker -> "tracker " + tracker.tracker() + ": " + tracker.outcome())
        .collect(Collectors.joining("; "));
  }
}
