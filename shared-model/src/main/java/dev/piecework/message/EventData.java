package dev.piecework.message;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** What an event says beyond its envelope. */
public sealed interface EventData {
  /** For events that need no more than their envelope: accepted, resumed, handed-back, ... */
  record None() implements EventData {}

  /**
   * @param worker the worker that took the job
   * @param host its host name
   * @param resumed whether there was a checkpoint to go on from
   */
  record Started(String worker, String host, boolean resumed) implements EventData {}

  /**
   * @param infoHash 40 hexadecimal digits
   * @param name the torrent's sanitised name
   * @param totalBytes bytes to store
   * @param files objects to make
   * @param pieces pieces of the torrent
   * @param pieceLength bytes of a piece
   */
  record Metadata(
      String infoHash, String name, long totalBytes, int files, int pieces, int pieceLength)
      implements EventData {}

  /**
   * @param phase resolve, transfer, verify, publish or seed
   * @param totalBytes bytes to store
   * @param verifiedBytes bytes verified so far, in all attempts
   * @param uploadedBytes bytes in parts that the store has
   * @param downloadBytesPerSecond smoothed
   * @param uploadBytesPerSecond to peers, smoothed
   * @param peers connected
   * @param seeders of those, with every piece
   * @param verifiedPieces pieces so far
   * @param totalPieces pieces in all
   * @param uploadedParts parts so far
   * @param totalParts parts in all
   * @param etaSeconds estimated time left; absent when unknown
   * @param trackers how the torrent's trackers last answered: the first {@link #MAX_TRACKERS} in
   *     its order; empty when it has none
   */
  record Progress(
      String phase,
      long totalBytes,
      long verifiedBytes,
      long uploadedBytes,
      long downloadBytesPerSecond,
      long uploadBytesPerSecond,
      int peers,
      int seeders,
      int verifiedPieces,
      int totalPieces,
      int uploadedParts,
      int totalParts,
      Optional<Long> etaSeconds,
      List<TrackerOutcome> trackers)
      implements EventData {
    /** Trackers named at most: a torrent may have hundreds, and progress is sent often. */
    public static final int MAX_TRACKERS = 8;

    /**
     * @throws IllegalArgumentException for more than {@link #MAX_TRACKERS} trackers
     */
    public Progress {
      trackers = List.copyOf(trackers);
      if (trackers.size() > MAX_TRACKERS) {
        throw new IllegalArgumentException(
            "%d trackers: expected at most %d".formatted(trackers.size(), MAX_TRACKERS));
      }
    }
  }

  /**
   * A tracker as last heard of.
   *
   * @param tracker its host and port; never more of its URL, which may hold a passkey
   * @param outcome {@code "ok"}, {@code "waiting"}, or what went wrong
   * @param peers addresses in its last answer
   */
  record TrackerOutcome(String tracker, String outcome, int peers) {}

  /**
   * @param object the finished object
   */
  record FileUploaded(FinishedObject object) implements EventData {}

  /**
   * @param infoHash 40 hexadecimal digits
   * @param name the torrent's sanitised name
   * @param bucket where the objects are
   * @param totalBytes bytes of all objects
   * @param objects every object
   * @param manifestKey key of the manifest object in the same bucket
   * @param downloadedBytes block bytes taken from peers in all attempts, without what a worker that
   *     was killed or stopped took after its last checkpoint: about a second's worth
   * @param redundantBytes of those, beyond what was needed: fetched twice, or corrupt
   * @param seconds from acceptance to completion
   * @param keptObjects of the objects, those that were there already and were not sent
   */
  record Completed(
      String infoHash,
      String name,
      String bucket,
      long totalBytes,
      List<FinishedObject> objects,
      String manifestKey,
      long downloadedBytes,
      long redundantBytes,
      double seconds,
      int keptObjects)
      implements EventData {}

  /**
   * @param code a stable name of the fault
   * @param reason what was wrong, where, what was expected, what to do
   */
  record Failed(String code, String reason) implements EventData {}

  /**
   * @param code a stable name of the fault
   * @param reason as in {@link Failed}
   * @param nextAttemptAt not before this time
   */
  record Retrying(String code, String reason, Instant nextAttemptAt) implements EventData {}

  /**
   * @param deletedObjects whether uploaded objects were deleted
   */
  record Cancelled(boolean deletedObjects) implements EventData {}

  /**
   * @param submission AMQP message id of what was refused; empty if it had none
   * @param code a stable name of the fault
   * @param reason as in {@link Failed}
   */
  record Refused(String submission, String code, String reason) implements EventData {}

  /**
   * An object that is complete and checked.
   *
   * @param key its key
   * @param path the file's path in the torrent
   * @param size bytes
   * @param etag as the store gave it, without quotes
   * @param crc32c CRC32C of the whole object, Base64 of 4 bytes big-endian, as S3 writes it
   */
  record FinishedObject(String key, String path, long size, String etag, String crc32c) {}
}
