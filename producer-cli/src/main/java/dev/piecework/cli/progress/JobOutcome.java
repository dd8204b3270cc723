package dev.piecework.cli.progress;

import dev.piecework.message.JobEvent;
import java.util.Optional;

/**
 * What became of a job, as far as the one who waited knows.
 *
 * @param jobId the job
 * @param source what was submitted, as the user wrote it
 * @param waited whether anybody waited for its end
 * @param finalEvent its final event, or that the submission was refused; absent when nobody waited
 *     for it, or not long enough
 */
public record JobOutcome(
    String jobId, String source, boolean waited, Optional<JobEvent> finalEvent) {

  /** Of a job that somebody waited for. */
  public JobOutcome(String jobId, String source, Optional<JobEvent> finalEvent) {
    this(jobId, source, true, finalEvent);
  }

  /** Of a job that nobody waited for. */
  public static JobOutcome submitted(String jobId, String source) {
    return new JobOutcome(jobId, source, false, Optional.empty());
  }

  /** The state's name in JSON: submitted, unfinished, completed, failed, cancelled or refused. */
  public String state() {
    return finalEvent
        .map(event -> event.type().wireName())
        .orElse(waited ? "unfinished" : "submitted");
  }
}
