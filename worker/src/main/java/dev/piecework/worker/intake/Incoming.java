package dev.piecework.worker.intake;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Envelope;
import dev.piecework.message.TraceParent;
import dev.piecework.text.ForeignText;
import dev.piecework.worker.broker.Author;
import dev.piecework.worker.job.JobEntries;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * A job message as it came, and what its sender put on the envelope. Anybody may write anything
 * there: what is kept of it is cleaned here.
 *
 * @param body its bytes; not copied
 * @param properties of AMQP
 * @param redelivered whether the broker has delivered it before
 * @param delivery to answer the broker
 */
// Never compared, and never copied: a message may have megabytes.
@SuppressWarnings("ArrayRecordComponent")
record Incoming(
    byte[] body, AMQP.BasicProperties properties, boolean redelivered, Delivery delivery) {
  private static final int MAX_ID = 255;

  static Incoming of(
      Channel channel,
      Envelope envelope,
      AMQP.BasicProperties properties,
      byte[] body,
      boolean alone) {
    return new Incoming(
        body,
        properties,
        envelope.isRedeliver(),
        new Delivery(channel, envelope.getDeliveryTag(), alone));
  }

  /** Empty if there is none. */
  String messageId() {
    return messageId(properties);
  }

  static String messageId(AMQP.BasicProperties properties) {
    String id = Objects.requireNonNullElse(properties.getMessageId(), "");
    return ForeignText.line(id, MAX_ID);
  }

  /** Whether it says that Piecework itself put it on the queue; anybody may say so. */
  boolean saysContinuation() {
    return saysContinuation(properties);
  }

  static boolean saysContinuation(AMQP.BasicProperties properties) {
    return headers(properties).containsKey(JobEntries.CONTINUATION_HEADER);
  }

  Optional<TraceParent> trace() {
    return trace(properties);
  }

  /** What is no trace is none. */
  static Optional<TraceParent> trace(AMQP.BasicProperties properties) {
    return Optional.ofNullable(headers(properties).get(TraceParent.HEADER))
        .flatMap(text -> TraceParent.parse(text.toString()));
  }

  /** The broker's user who sent it; empty if it does not say. */
  String author() {
    return Author.of(properties);
  }

  private static Map<String, Object> headers(AMQP.BasicProperties properties) {
    return Objects.requireNonNullElse(properties.getHeaders(), Map.<String, Object>of());
  }
}
