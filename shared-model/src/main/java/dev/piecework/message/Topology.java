package dev.piecework.message;

import java.util.Map;

/**
 * Names and arguments of everything that Piecework declares on the broker. One declaration works on
 * RabbitMQ and on Qpid Broker-J: each ignores the arguments of the other.
 */
public final class Topology {
  /** Direct exchange for jobs; routing key {@link #JOBS_QUEUE}. */
  public static final String JOBS_EXCHANGE = "piecework.jobs";

  /** Durable queue that workers consume. */
  public static final String JOBS_QUEUE = "piecework.jobs";

  /** Topic exchange for events; routing key {@link #eventRoutingKey}. */
  public static final String EVENTS_EXCHANGE = "piecework.events";

  /** Topic exchange for control messages; routing key {@code control}. */
  public static final String CONTROL_EXCHANGE = "piecework.control";

  /** Fanout exchange for what cannot be done. */
  public static final String DEAD_LETTER_EXCHANGE = "piecework.dead-letters";

  /** Durable queue bound to {@link #DEAD_LETTER_EXCHANGE}. */
  public static final String DEAD_LETTER_QUEUE = "piecework.dead-letters";

  private Topology() {}

  /**
   * {@code job.<type>.<job id>}: bind {@code job.*.<job id>} for one job, {@code job.#} for all.
   */
  public static String eventRoutingKey(EventType type, String jobId) {
    return "job." + type.wireName() + "." + jobId;
  }

  /** Arguments of {@link #JOBS_QUEUE}. */
  public static Map<String, Object> jobsQueueArguments() {
    return Map.of(
        "x-queue-type",
        "quorum",
        "x-delivery-limit",
        1000,
        "x-dead-letter-exchange",
        DEAD_LETTER_EXCHANGE,
        "alternateExchange",
        DEAD_LETTER_EXCHANGE);
  }
}
