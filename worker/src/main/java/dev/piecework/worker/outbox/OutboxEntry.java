package dev.piecework.worker.outbox;

import java.util.Map;
import java.util.Optional;

/**
 * One message to be published.
 *
 * @param messageId unique; the same each time it is published again
 * @param jobId the job it speaks of
 * @param epoch the job's epoch
 * @param type kind; with job, epoch and discriminator at most one entry
 * @param discriminator tells several of one type apart; empty if there is only one
 * @param exchange where it is published
 * @param routingKey with which key
 * @param priority AMQP priority
 * @param contentType AMQP content type
 * @param headers AMQP headers
 * @param mandatory whether it must reach a queue
 * @param body the message; empty for the job's own message
 */
public record OutboxEntry(
    String messageId,
    String jobId,
    long epoch,
    String type,
    String discriminator,
    String exchange,
    String routingKey,
    int priority,
    String contentType,
    Map<String, String> headers,
    boolean mandatory,
    Optional<String> body) {

  /** Copies the headers. */
  public OutboxEntry {
    headers = Map.copyOf(headers);
  }
}
