package dev.piecework.cli.progress;

import dev.piecework.message.JobEvent;
import java.util.Optional;

/**
 * What became of a job, as far as the one who waited knows.
 *
 * @param jobId the job
 * @param source what was submitted, as the user wrote it
 * @param finalEvent its final event; absent when nobody waited for it, or not long enough
 */
public record JobOutcome(String jobId, String source, Optional<JobEvent> finalEvent) {

  /** The state's name in JSON: submitted, completed, failed or cancelled. */
  public String state() {
    return finalEvent.map(event -> event.type().wireName()).orElse("submitted");
  }
}
