package dev.piecework.message;

import java.util.Map;

/**
 * Names and arguments of everything that Piecework declares on the broker. One declaration works on
 * RabbitMQ and on Qpid Broker-J: each ignores the arguments of the other.
 */
public final class Topology {
  /** Durable direct exchange for jobs; routing key {@link #JOBS_QUEUE}. */
  public static final String JOBS_EXCHANGE = "piecework.jobs";

  /** Durable queue that workers consume. */
  public static final String JOBS_QUEUE = "piecework.jobs";

  /**
   * Durable queue that gets a copy of every job message, by which workers learn of jobs whose
   * message none of them has taken yet. Nothing is lost with it but that knowledge.
   */
  public static final String REGISTRATIONS_QUEUE = "piecework.registrations";

  /** Durable topic exchange for events; routing key {@link #eventRoutingKey}. */
  public static final String EVENTS_EXCHANGE = "piecework.events";

  /**
   * Durable topic exchange for control messages: requests with {@link #REQUEST_KEY} and {@link
   * #LIMITS_KEY}, and {@link #orderRoutingKey} from worker to worker.
   */
  public static final String CONTROL_EXCHANGE = "piecework.control";

  /**
   * Durable direct exchange for questions: requests that change nothing, with {@link #REQUEST_KEY},
   * and {@link #LIMITS_KEY}. An exchange of its own, since rights are given by exchange: whoever
   * may only ask needs none to write to {@link #CONTROL_EXCHANGE}, and an order that comes by any
   * other exchange than that is refused.
   */
  public static final String QUESTIONS_EXCHANGE = "piecework.questions";

  /** Routing key of a control request. */
  public static final String REQUEST_KEY = "request";

  /**
   * Routing key of the one request that every worker answers, each for itself: {@link
   * ControlRequest.GetLimits}. A worker's queue of nudges is bound with it.
   */
  public static final String LIMITS_KEY = "limits";

  /** Durable queue of control requests; all workers consume it, one answers. */
  public static final String REQUESTS_QUEUE = "piecework.requests";

  /** Durable fanout exchange for what cannot be done. */
  public static final String DEAD_LETTER_EXCHANGE = "piecework.dead-letters";

  /** Durable queue bound to {@link #DEAD_LETTER_EXCHANGE}. */
  public static final String DEAD_LETTER_QUEUE = "piecework.dead-letters";

  /** Header of a dead-lettered job: the stable name of the fault, as in a failed event's code. */
  public static final String DEAD_LETTER_CODE_HEADER = "piecework-code";

  /** Header of a dead-lettered job: what was wrong, in words, as in a failed event's reason. */
  public static final String DEAD_LETTER_REASON_HEADER = "piecework-reason";

  /** What {@link #orderRoutingKey} begins with; bind {@code order.*}. */
  public static final String ORDER_PREFIX = "order.";

  /**
   * What the names of our own reply queues begin with. Each is bound to {@link #CONTROL_EXCHANGE}
   * by its name, and answered there; so rights to {@code piecework.*} are enough, and none to the
   * broker's default exchange, where every other reply queue is answered.
   */
  public static final String REPLY_PREFIX = "piecework.replies.";

  /**
   * How often the broker delivers a message again before it becomes a dead letter (a registration:
   * before it is dropped). A message that ends whatever worker takes it stops there. The job of one
   * that was only unlucky goes on: its row is known.
   */
  public static final int DELIVERY_LIMIT = 5;

  private Topology() {}

  /**
   * {@code job.<type>.<job id>}: bind {@code job.*.<job id>} for one job, {@code job.#} for all.
   */
  public static String eventRoutingKey(EventType type, String jobId) {
    return "job." + type.wireName() + "." + jobId;
  }

  /**
   * {@code order.<job id>}: says that there is an order for whoever holds the job. Every worker
   * hears all of them.
   */
  public static String orderRoutingKey(String jobId) {
    return ORDER_PREFIX + jobId;
  }

  /** Arguments of {@link #JOBS_QUEUE}. */
  public static Map<String, Object> jobsQueueArguments() {
    return Map.of(
        "x-queue-type",
        "quorum",
        "x-delivery-limit",
        DELIVERY_LIMIT,
        "x-dead-letter-exchange",
        DEAD_LETTER_EXCHANGE,
        "alternateExchange",
        DEAD_LETTER_EXCHANGE);
  }

  /**
   * Arguments of {@link #REGISTRATIONS_QUEUE}. What has lain there for a day is dropped: the fleet
   * that was to read it is gone, and the job may have run, ended and been forgotten since.
   */
  public static Map<String, Object> registrationsQueueArguments() {
    return Map.of(
        "x-queue-type", "quorum", "x-delivery-limit", DELIVERY_LIMIT, "x-message-ttl", 86_400_000);
  }
}
