package dev.piecework.cli.progress;

import dev.piecework.message.EventData.Metadata;
import dev.piecework.message.EventData.Progress;
import dev.piecework.message.EventData.Retrying;
import dev.piecework.message.EventData.Started;
import dev.piecework.message.JobEvent;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What the events of one job have told so far. Events may come twice and out of order. */
final class JobView {
  private final Set<String> seen = new HashSet<>();
  private String phase = "waiting for a worker";
  private final TrackerWords trackers = new TrackerWords();
  private Instant progressTime = Instant.MIN;
  private Optional<Progress> progress = Optional.empty();
  private boolean ended;

  /** Takes an event in; returns what is worth a line of its own, if anything. */
  Optional<String> accept(JobEvent event) {
    if (event.data() instanceof Progress figures) {
      // Not remembered by id: there is no end of them, and an old one is known by its time.
      if (!ended && event.time().isAfter(progressTime)) {
        progressTime = event.time();
        progress = Optional.of(figures);
        phase = figures.phase();
        return trackers.accept(event.time(), figures);
      }
      return Optional.empty();
    }
    return seen.add(event.id()) ? change(event) : Optional.empty();
  }

  private Optional<String> change(JobEvent event) {
    return switch (event.type()) {
      case ACCEPTED -> phase("accepted", "accepted");
      case STARTED ->
          event.data() instanceof Started started
              ? phase("started", "started " + EventWords.started(event, started))
              : none();
      case METADATA ->
          event.data() instanceof Metadata torrent
              ? Optional.of(EventWords.metadata(torrent))
              : none();
      case PROGRESS, FILE_UPLOADED -> none();
      case COMPLETED -> end("completed");
      case FAILED -> end("failed");
      case RETRYING ->
          rest(
              "retrying",
              event.data() instanceof Retrying retrying
                  ? EventWords.retrying(event, retrying)
                  : "retrying");
      case HANDED_BACK -> rest("handed back", "handed back: its worker shut down");
      case SEEDING -> phase("seed", "seeding");
      case PAUSED -> rest("paused", "paused");
      case RESUMED -> phase("resumed", "resumed");
      case CANCELLED -> end("cancelled");
      // Not the job, but a submission of another under its id.
      case REFUSED -> none();
    };
  }

  private Optional<String> phase(String next, String line) {
    phase = next;
    return Optional.of(line);
  }

  /** Nothing moves for now: rates of before would be lies. */
  private Optional<String> rest(String next, String line) {
    progress =
        progress.map(last ->
            new Progress(
                next,
                last.totalBytes(),
                last.verifiedBytes(),
                last.uploadedBytes(),
                0,
                0,
                0,
                0,
                last.verifiedPieces(),
                last.totalPieces(),
                last.uploadedParts(),
                last.totalParts(),
                Optional.empty(),
                List.of()));
    return phase(next, line);
  }

  /** The outcome itself is for {@link ResultPrinter} to tell. */
  private Optional<String> end(String state) {
    ended = true;
    phase = state;
    return Optional.empty();
  }

  private static Optional<String> none() {
    return Optional.empty();
  }

  /** One word or two for where it stands. */
  String phase() {
    return phase;
  }

  /** The newest figures. */
  Optional<Progress> progress() {
    return progress;
  }

  /** Whether a final event has come. */
  boolean ended() {
    return ended;
  }
}
