package dev.piecework.message;

/** Kinds of event. The wire name is part of the message contract: add, never rename. */
public enum EventType {
  /** A worker has written the job down. */
  ACCEPTED("accepted"),
  /** An attempt has begun. */
  STARTED("started"),
  /** The metainfo is known: name, sizes, pieces. */
  METADATA("metadata"),
  /** How the transfer stands. Not durable, not ordered with the others: may be lost. */
  PROGRESS("progress"),
  /** One object is complete and checked. */
  FILE_UPLOADED("file-uploaded"),
  /** All objects and the manifest are there. */
  COMPLETED("completed"),
  /** The job has failed for good. */
  FAILED("failed"),
  /** An attempt has failed; another will follow. */
  RETRYING("retrying"),
  /** A worker shut down and gave the job back. */
  HANDED_BACK("handed-back"),
  /** Seeding has begun. */
  SEEDING("seeding"),
  /** The job rests by order. */
  PAUSED("paused"),
  /** The job goes on by order. */
  RESUMED("resumed"),
  /** The job has been given up by order. */
  CANCELLED("cancelled"),
  /** A submission was refused, since its id is another job's; nothing of that job has changed. */
  REFUSED("refused");

  private final String wireName;

  EventType(String wireName) {
    this.wireName = wireName;
  }

  /** Name in routing keys and, after {@code dev.piecework.job.}, in CloudEvents' {@code type}. */
  public String wireName() {
    return wireName;
  }

  /** Whether nothing of the job follows unless somebody submits or retries it. */
  public boolean isFinal() {
    return this == COMPLETED || this == FAILED || this == CANCELLED;
  }
}
