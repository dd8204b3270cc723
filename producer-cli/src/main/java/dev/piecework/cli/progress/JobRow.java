package dev.piecework.cli.progress;

import dev.piecework.message.EventData.Progress;
import dev.piecework.message.JobStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * What is known of a job that is watched: its row in SQL, which decides, and the newest figures
 * that its worker has told.
 *
 * @param status its row, as a worker last answered
 * @param progress the newest figures of its worker
 * @param told when those came; of no meaning without them
 */
public record JobRow(JobStatus status, Optional<Progress> progress, Instant told) {
  /** Workers tell figures every second or two: after this long they are no longer true. */
  private static final Duration FRESH = Duration.ofSeconds(10);

  /** The figures, if they are still true: of a job that runs, and not of long ago. */
  public Optional<Progress> figures(Instant now) {
    boolean runs = status.state().equals("running") || status.state().equals("seeding");
    return progress.filter(_ -> runs && now.isBefore(told.plus(FRESH)));
  }

  /** The row's state, and what it was ordered to and has not obeyed yet. */
  public String state() {
    return status.ordered().isEmpty()
        ? status.state()
        : status.state() + " (" + status.ordered() + ")";
  }

  /** Share of the bytes that are verified, in percent, or empty before the size is known. */
  public String done(Instant now) {
    Optional<Progress> figures = figures(now);
    if (figures.isPresent() && figures.get().totalBytes() > 0) {
      return Human.percent(figures.get().verifiedBytes(), figures.get().totalBytes()) + "%";
    }
    return status.totalPieces() == 0
        ? ""
        : Human.percent(status.verifiedPieces(), status.totalPieces()) + "%";
  }
}
