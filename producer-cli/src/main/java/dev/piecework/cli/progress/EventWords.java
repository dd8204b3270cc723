package dev.piecework.cli.progress;

import dev.piecework.message.EventData.Cancelled;
import dev.piecework.message.EventData.Completed;
import dev.piecework.message.EventData.Failed;
import dev.piecework.message.EventData.FileUploaded;
import dev.piecework.message.EventData.Metadata;
import dev.piecework.message.EventData.None;
import dev.piecework.message.EventData.Progress;
import dev.piecework.message.EventData.Refused;
import dev.piecework.message.EventData.Retrying;
import dev.piecework.message.EventData.Started;
import dev.piecework.message.JobEvent;
import java.time.Duration;
import java.util.Optional;

/** What events say beyond their type, in one line for people. */
final class EventWords {
  private EventWords() {}

  /** All that an event says, in a line; empty when its type says everything. */
  static String details(JobEvent event) {
    return switch (event.data()) {
      case None _ -> "";
      case Started started -> started(event, started);
      case Metadata metadata -> metadata(metadata);
      case Progress progress ->
          ProgressLine.plain(progress.phase(), Optional.of(progress), Duration.ZERO);
      case FileUploaded uploaded ->
          uploaded.object().key() + ", " + Human.bytes(uploaded.object().size());
      case Completed completed ->
          completed.name()
              + ": "
              + Human.bytes(completed.totalBytes())
              + " in "
              + Human.duration(Duration.ofMillis((long) (completed.seconds() * 1000)))
              + ", bucket "
              + completed.bucket()
              + ", manifest "
              + completed.manifestKey();
      case Failed failed -> failed.code() + ": " + failed.reason();
      case Retrying retrying -> retrying(event, retrying);
      case Refused refused -> refused.code() + ": " + refused.reason();
      case Cancelled cancelled -> cancelled.deletedObjects() ? "its objects are deleted" : "";
    };
  }

  static String started(JobEvent event, Started started) {
    return "on "
        + started.host()
        + (event.attempt() > 1 ? ", attempt " + event.attempt() : "")
        + (started.resumed() ? ", going on from the last checkpoint" : "");
  }

  static String metadata(Metadata torrent) {
    return torrent.name()
        + ": "
        + Human.bytes(torrent.totalBytes())
        + " in "
        + Human.count(torrent.files(), "file")
        + ", "
        + Human.count(torrent.pieces(), "piece")
        + " of "
        + Human.bytes(torrent.pieceLength());
  }

  static String retrying(JobEvent event, Retrying retrying) {
    return "attempt "
        + event.attempt()
        + " failed, the next is due in "
        + Human.duration(Duration.between(event.time(), retrying.nextAttemptAt()))
        + ": "
        + retrying.code()
        + ": "
        + retrying.reason();
  }
}
