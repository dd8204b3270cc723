package dev.piecework.worker.broker;

import java.util.Map;

/**
 * A message to be published.
 *
 * @param messageId AMQP message id
 * @param exchange where
 * @param routingKey with which key
 * @param priority AMQP priority
 * @param contentType AMQP content type
 * @param headers AMQP headers
 * @param mandatory whether it must reach a queue
 * @param body its bytes; not copied
 */
// Never compared, and never copied: a message may have megabytes.
@SuppressWarnings("ArrayRecordComponent")
public record OutgoingMessage(
    String messageId,
    String exchange,
    String routingKey,
    int priority,
    String contentType,
    Map<String, Object> headers,
    boolean mandatory,
    byte[] body) {}
