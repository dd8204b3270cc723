package dev.piecework.message;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * How a job stands, as its row in SQL says.
 *
 * @param id the job
 * @param state in lower case: queued, running, retrying, seeding, paused, completed, failed,
 *     cancelling, cancelled; readers must be ready for others
 * @param ordered what it was told and has not obeyed yet: pause, cancel, or empty
 * @param reason why it is in this state; may be empty
 * @param attempt runs in this series, 0 before the first
 * @param epoch raised at each claim
 * @param worker who holds it; empty when nobody does
 * @param name the torrent's name; empty before the metainfo is known
 * @param infoHash 40 hexadecimal digits; empty before the metainfo is known
 * @param source where its metainfo comes from, as {@link JobSource#summary} has it; empty if that
 *     was not written down
 * @param author the broker's user who submitted it first; empty if that is not known
 * @param destination where the objects go
 * @param totalBytes bytes to store; 0 before the metainfo is known
 * @param uploadedBytes of those, in parts that the store has, at the last checkpoint
 * @param totalPieces pieces of the torrent; 0 before the metainfo is known
 * @param verifiedPieces of those, verified at the last checkpoint
 * @param createdAt when it was accepted
 * @param updatedAt when its row last changed
 * @param dueAt when something will be done about it if nobody does before: its next attempt
 * @param deadlineAt when it fails if it is not complete; empty if it has no deadline
 * @param priority 0 to 9
 * @param labels its labels
 */
public record JobStatus(
    String id,
    String state,
    String ordered,
    String reason,
    int attempt,
    long epoch,
    String worker,
    String name,
    String infoHash,
    String source,
    String author,
    Destination destination,
    long totalBytes,
    long uploadedBytes,
    int totalPieces,
    int verifiedPieces,
    Instant createdAt,
    Instant updatedAt,
    Optional<Instant> dueAt,
    Optional<Instant> deadlineAt,
    int priority,
    Map<String, String> labels) {
  /** How the reason of a cancelled job begins of which the store would not let go. */
  public static final String LEFT_IN_STORE = "left in the store: ";

  /** Copies the labels. */
  public JobStatus {
    labels = Map.copyOf(labels);
  }
}
