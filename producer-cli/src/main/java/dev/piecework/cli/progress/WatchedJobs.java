package dev.piecework.cli.progress;

import dev.piecework.message.EventData.Progress;
import dev.piecework.message.JobEvent;
import dev.piecework.message.JobStatus;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedSet;
import java.util.TreeMap;

/**
 * The jobs that are watched. The rows of the database decide what is shown; events only add the
 * figures that change from second to second.
 */
public final class WatchedJobs {
  /** The most jobs that are asked for at once: of as many or more, only so many are known. */
  public static final int MOST_ASKED = 500;

  private static final int ENDED_SHOWN = 10;
  private static final int REMEMBERED = 1000;
  private static final int HAPPENED = 100;

  private final Map<String, Figures> figures = new HashMap<>();
  private final Map<String, JobStatus> ended = new LinkedHashMap<>();
  private final SequencedSet<String> seen = new LinkedHashSet<>();
  private final List<String> happened = new ArrayList<>();
  private final Map<String, Long> endedBefore = new TreeMap<>();
  private List<JobStatus> rows = List.of();

  private record Figures(Progress progress, Instant time, Instant told) {}

  /** Takes the rows of now, in the order in which they are to be shown. */
  public void accept(List<JobStatus> now) {
    List<JobStatus> going = new ArrayList<>();
    for (JobStatus job : now) {
      ended.remove(job.id());
      if (isEnded(job)) {
        ended.put(job.id(), job);
      } else {
        going.add(job);
      }
    }
    while (ended.size() > ENDED_SHOWN) {
      JobStatus oldest = ended.remove(ended.keySet().iterator().next());
      if (oldest != null) {
        endedBefore.merge(oldest.state(), 1L, Long::sum);
      }
    }
    rows = going;
    figures.keySet().retainAll(going.stream().map(JobStatus::id).toList());
  }

  private static boolean isEnded(JobStatus job) {
    return switch (job.state()) {
      case "completed", "failed", "cancelled" -> true;
      default -> false;
    };
  }

  /**
   * Takes an event in.
   *
   * @param now when it came
   */
  public void accept(JobEvent event, Instant now) {
    if (event.data() instanceof Progress progress) {
      Figures before = figures.get(event.jobId());
      if (before == null || event.time().isAfter(before.time())) {
        figures.put(event.jobId(), new Figures(progress, event.time(), now));
      }
    } else if (seen.add(event.id())) {
      happened.add(
          event.time().truncatedTo(ChronoUnit.SECONDS)
              + "  "
              + Table.harmless(
                  (event.type().wireName() + "  " + EventWords.details(event)).strip()));
      if (happened.size() > HAPPENED) {
        happened.removeFirst();
      }
      if (seen.size() > REMEMBERED) {
        seen.removeFirst();
      }
    }
  }

  /** The jobs that go on, then those that have ended meanwhile. */
  public List<JobRow> rows() {
    List<JobRow> all = new ArrayList<>();
    rows.forEach(job -> all.add(row(job)));
    ended.values().forEach(job -> all.add(row(job)));
    return all;
  }

  /** How many more have ended, by state, than {@link #rows} holds. */
  public Map<String, Long> endedBefore() {
    return Map.copyOf(endedBefore);
  }

  private JobRow row(JobStatus job) {
    Figures last = figures.get(job.id());
    return last == null
        ? new JobRow(job, Optional.empty(), Instant.MIN)
        : new JobRow(job, Optional.of(last.progress()), last.told());
  }

  /** What has happened, oldest first, in words. */
  public List<String> happened() {
    return List.copyOf(happened);
  }
}
