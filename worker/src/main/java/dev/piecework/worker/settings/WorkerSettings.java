package dev.piecework.worker.settings;

import dev.piecework.message.JobRules;
import dev.piecework.message.OnExisting;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How the worker works.
 *
 * @param slots jobs at once; also how many messages a worker holds
 * @param lease how long a worker that says nothing keeps its jobs; renewed every third of it
 * @param sweepInterval how often to look for jobs that are due or have lost their worker
 * @param fairBy name of a label, such as {@code team}: queued jobs of the same priority take turns
 *     by its values, so that one that has submitted many does not hold up the others; empty for the
 *     order in which they came. The same for all workers; jobs that were accepted before have the
 *     turn of those without the label
 * @param slotPatience a job for which nothing has come for so long gives its slot to one that
 *     waits, and comes again after as long, behind others of its priority. That counts as no
 *     attempt, until nothing has come for {@code piecework.transfer.stall-timeout}, the time
 *     between included. 0s: it keeps its slot for all of that
 * @param progressInterval how often a job's progress is published
 * @param checkpointInterval longest time between two checkpoints of a transfer
 * @param gracePeriod how long a shutdown waits for jobs to be handed back
 * @param controlWait how long the effect of an order (pause, cancel) is waited for before the
 *     answer is that it is ordered but not in effect yet; less if whoever asks waits less
 * @param onExisting what a job that does not say does where an object is in the place of one of its
 *     own
 * @param jobDeadline the deadline of a job that is submitted without one, counted from its
 *     acceptance; 0s for none. A job that was accepted before keeps what it had
 * @param eventRetention how long published events are kept in the database; final ones stay
 * @param stuckAfter after this long a duty or a job that does not move makes the worker answer that
 *     it is not alive; 0s for ten minutes and 90 s for each slot
 */
@ConfigurationProperties("piecework.worker")
public record WorkerSettings(
    @DefaultValue("4") int slots,
    @DefaultValue("15s") Duration lease,
    @DefaultValue("3s") Duration sweepInterval,
    @DefaultValue("") String fairBy,
    @DefaultValue("60s") Duration slotPatience,
    @DefaultValue("1s") Duration progressInterval,
    @DefaultValue("1s") Duration checkpointInterval,
    @DefaultValue("20s") Duration gracePeriod,
    @DefaultValue("10s") Duration controlWait,
    @DefaultValue("overwrite") OnExisting onExisting,
    @DefaultValue("0s") Duration jobDeadline,
    @DefaultValue("7d") Duration eventRetention,
    @DefaultValue("0s") Duration stuckAfter) {

  /**
   * Longest round of a duty that is no fault, where no other is set. Above all that a round may
   * wait for a database that does not answer: its time limits, once for each job.
   */
  private static final Duration DUTY_PATIENCE = Duration.ofMinutes(10);

  private static final Duration PATIENCE_PER_JOB = Duration.ofSeconds(90);

  /** Validates. */
  public WorkerSettings {
    Checks.between("piecework.worker.slots", slots, 1, 1000);
    Checks.between("piecework.worker.lease", lease, Duration.ofSeconds(1), Duration.ofHours(1));
    Checks.between(
        "piecework.worker.sweep-interval",
        sweepInterval,
        Duration.ofMillis(50),
        Duration.ofHours(1));
    if (!fairBy.isEmpty() && !JobRules.isLabelName(fairBy)) {
      throw new IllegalArgumentException(
          "piecework.worker.fair-by is \"%s\": expected the name of a label, such as team"
              .formatted(fairBy));
    }
    if (!slotPatience.isZero()) {
      Checks.between(
          "piecework.worker.slot-patience",
          slotPatience,
          Duration.ofSeconds(1),
          Duration.ofHours(1));
    }
    Checks.between(
        "piecework.worker.progress-interval",
        progressInterval,
        Duration.ofMillis(50),
        Duration.ofHours(1));
    Checks.between(
        "piecework.worker.checkpoint-interval",
        checkpointInterval,
        Duration.ofMillis(10),
        Duration.ofSeconds(1));
    Checks.between(
        "piecework.worker.grace-period", gracePeriod, Duration.ofSeconds(1), Duration.ofHours(1));
    Checks.between(
        "piecework.worker.control-wait",
        controlWait,
        Duration.ofMillis(100),
        Duration.ofMinutes(10));
    if (!jobDeadline.isZero()
        && (jobDeadline.compareTo(JobRules.MIN_DEADLINE) < 0
            || jobDeadline.compareTo(JobRules.MAX_DEADLINE) > 0)) {
      throw new IllegalArgumentException(
          "piecework.worker.job-deadline is %ss: expected 0s (none), or %ds to %dd"
              .formatted(
                  jobDeadline.toSeconds(),
                  JobRules.MIN_DEADLINE.toSeconds(),
                  JobRules.MAX_DEADLINE.toDays()));
    }
    Checks.atLeast("piecework.worker.event-retention", eventRetention, Duration.ofMinutes(1));
    if (!stuckAfter.isZero()
        && (stuckAfter.compareTo(Duration.ofSeconds(10)) < 0
            || stuckAfter.compareTo(Duration.ofDays(1)) > 0)) {
      throw new IllegalArgumentException(
          "piecework.worker.stuck-after is %ss: expected 0s (derived from the slots), or 10s to 1d"
              .formatted(stuckAfter.toSeconds()));
    }
  }

  /** How long a duty or a job may stand still before the worker counts as stuck. */
  public Duration patience() {
    return stuckAfter.isZero()
        ? DUTY_PATIENCE.plus(PATIENCE_PER_JOB.multipliedBy(slots))
        : stuckAfter;
  }
}
