package dev.piecework.cli.broker;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.GetResponse;
import dev.piecework.message.JobMessage;
import dev.piecework.message.JobMessageCodec;
import dev.piecework.message.MessageException;
import dev.piecework.message.Topology;
import java.time.Instant;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;

/**
 * A message of the dead-letter queue.
 *
 * @param index its place in the queue, from 1; changes when others are taken away
 * @param jobId the job; absent when the message is no job
 * @param code the stable name of what was wrong
 * @param reason the same in words; may be empty
 * @param time when it was laid there, as far as is known
 * @param headers all of its headers, as text, in the order of their names
 * @param bytesNotRead how long the message is, where that is more than {@link
 *     JobMessageCodec#MAX_BYTES}, so that it was not read
 */
public record DeadLetter(
    int index,
    Optional<String> jobId,
    String code,
    String reason,
    Optional<Instant> time,
    Map<String, String> headers,
    OptionalLong bytesNotRead) {

  static DeadLetter of(int index, GetResponse got) {
    AMQP.BasicProperties properties = got.getProps();
    Map<String, Object> headers = Optional.ofNullable(properties.getHeaders()).orElse(Map.of());
    Map<String, String> texts = new LinkedHashMap<>();
    new TreeMap<>(headers).forEach((name, value) -> texts.put(name, String.valueOf(value)));
    return new DeadLetter(
        index,
        job(got.getBody()).map(JobMessage::id),
        texts.getOrDefault(Topology.DEAD_LETTER_CODE_HEADER, brokersReason(headers)),
        texts.getOrDefault(Topology.DEAD_LETTER_REASON_HEADER, ""),
        Optional.ofNullable(properties.getTimestamp()).map(Date::toInstant),
        texts,
        InboundLimit.droppedBytes(got.getBody()));
  }

  /** What the broker itself says of a message that it took from the jobs' queue. */
  private static String brokersReason(Map<String, Object> headers) {
    if (headers.get("x-death") instanceof List<?> deaths
        && !deaths.isEmpty()
        && deaths.getFirst() instanceof Map<?, ?> last) {
      return String.valueOf(last.get("reason"));
    }
    return "";
  }

  /** The job that a message is, if it is one. */
  static Optional<JobMessage> job(byte[] body) {
    try {
      return Optional.of(JobMessageCodec.decode(body));
    } catch (MessageException e) {
      return Optional.empty();
    }
  }
}
