package dev.piecework.cli.broker;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.Delivery;
import com.rabbitmq.client.ShutdownSignalException;
import dev.piecework.cli.CliException;
import dev.piecework.exit.ExitCode;
import dev.piecework.message.ControlCodec;
import dev.piecework.message.ControlReply;
import dev.piecework.message.ControlReply.Limits;
import dev.piecework.message.ControlRequest;
import dev.piecework.message.ControlRequest.GetLimits;
import dev.piecework.message.MessageException;
import dev.piecework.message.Topology;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Asks the fleet: sends requests to whichever workers take them, and hears their answers through a
 * queue of its own that is gone with the connection. Not RabbitMQ's direct reply-to, which other
 * brokers do not have.
 */
public final class ControlClient implements AutoCloseable {
  /** Requests on their way at once; a worker answers up to this many at once. */
  private static final int AT_ONCE = 32;

  private static final int CLOSE_MILLIS = 2000;

  private final BrokerSettings settings;
  private final Duration patience;
  private final Connection connection;
  private final Channel channel;
  private final String replyQueue = Topology.REPLY_PREFIX + UUID.randomUUID();
  private Optional<Optional<String>> author = Optional.empty();
  private final BlockingQueue<Heard> heard = new LinkedBlockingQueue<>();

  private sealed interface Heard {
    record Reply(String correlation, ControlReply reply) implements Heard {}

    record Unreadable(String why) implements Heard {}

    record Returned() implements Heard {}

    record Closed() implements Heard {}
  }

  private ControlClient(BrokerSettings settings, Duration patience) {
    this.settings = settings;
    this.patience = patience;
    this.connection = Connections.open(settings);
    try {
      this.channel = connection.createChannel();
      channel.queueDeclare(replyQueue, false, true, true, Map.of());
      channel.queueBind(replyQueue, Topology.CONTROL_EXCHANGE, replyQueue);
      channel.addReturnListener(_ -> heard.add(new Heard.Returned()));
      channel.addShutdownListener(_ -> heard.add(new Heard.Closed()));
      channel.basicConsume(
          replyQueue,
          true,
          (_, reply) -> heard.add(read(reply)),
          _ -> heard.add(new Heard.Closed()));
    } catch (IOException | ShutdownSignalException e) {
      connection.abort(CLOSE_MILLIS);
      throw lost(e);
    }
  }

  /**
   * Connects.
   *
   * @param patience how long an answer is waited for; workers answer somewhat before
   * @throws CliException when the broker cannot be reached, or refuses
   */
  public static ControlClient connect(BrokerSettings settings, Duration patience) {
    return new ControlClient(settings, patience);
  }

  /**
   * Asks one thing.
   *
   * @throws CliException with {@link ExitCode#NO_ANSWER} when no worker answers in time, {@link
   *     ExitCode#UNROUTABLE} when no worker has ever been at this broker
   */
  public ControlReply ask(ControlRequest request) throws InterruptedException {
    return ask(List.of(request)).getFirst().orElseThrow(this::noAnswer);
  }

  /**
   * Asks several things at once.
   *
   * @return the answers in the order of the requests; empty for those that got none in time
   * @throws CliException with {@link ExitCode#UNROUTABLE} when no worker has ever been at this
   *     broker
   */
  public List<Optional<ControlReply>> ask(List<? extends ControlRequest> requests)
      throws InterruptedException {
    Map<Integer, ControlReply> answers = new HashMap<>();
    for (int first = 0; first < requests.size(); first += AT_ONCE) {
      int end = Math.min(requests.size(), first + AT_ONCE);
      Map<String, Integer> open = new HashMap<>();
      for (int i = first; i < end; i++) {
        open.put(send(requests.get(i), Topology.REQUEST_KEY), i);
      }
      await(open, answers);
    }
    return IntStream.range(0, requests.size())
        .mapToObj(i -> Optional.ofNullable(answers.get(i)))
        .toList();
  }

  /**
   * Asks every worker for its limits, and gathers answers until the time is over.
   *
   * @return those that came, in no order; empty when there were none
   */
  public List<Limits> askAllForLimits() throws InterruptedException {
    List<Limits> answers = new ArrayList<>();
    String id = send(new GetLimits(), Topology.LIMITS_KEY);
    long deadline = System.nanoTime() + patience.toNanos();
    while (true) {
      switch (heard.poll(deadline - System.nanoTime(), TimeUnit.NANOSECONDS)) {
        case Heard.Reply(String correlation, ControlReply reply) -> {
          if (correlation.equals(id) && reply instanceof Limits limits) {
            answers.add(limits);
          }
        }
        case Heard.Unreadable(String why) -> throw unreadable(why);
        case Heard.Closed() -> throw closed();
        // Nobody listens, or nobody has more to say.
        case Heard.Returned() -> {
          return answers;
        }
        case null -> {
          return answers;
        }
      }
    }
  }

  /** What to throw when no worker told its limits. */
  public CliException noLimits() {
    return new CliException(
        ExitCode.NO_ANSWER,
        "no worker (of this version) told its limits at "
            + settings.address()
            + ", waited for at most "
            + patience.toSeconds()
            + " s; is one running?");
  }

  /** What to throw when there was no answer. */
  public CliException noAnswer() {
    return new CliException(
        ExitCode.NO_ANSWER,
        "no worker answered within "
            + patience.toSeconds()
            + " s at "
            + settings.address()
            + "; is one running? An order may still have been taken: \"piecework get\" tells");
  }

  /**
   * Qpid takes an expiration for a point in time, so that every request would be too late there; it
   * gets none.
   */
  private @Nullable String expiration() {
    return "RabbitMQ".equals(String.valueOf(connection.getServerProperties().get("product")))
        ? Long.toString(patience.toMillis())
        : null;
  }

  /**
   * Who gives orders; found out when the first one is given. By the exchange of questions, where
   * rights do not depend on routing keys.
   */
  private Optional<String> author() {
    if (author.isEmpty()) {
      author = Optional.of(Author.of(settings, connection, Topology.QUESTIONS_EXCHANGE));
    }
    return author.get();
  }

  private String send(ControlRequest request, String routingKey) {
    String id = UUID.randomUUID().toString();
    AMQP.BasicProperties properties =
        new AMQP.BasicProperties.Builder()
            .contentType(ControlCodec.CONTENT_TYPE)
            .messageId(id)
            .correlationId(id)
            .replyTo(replyQueue)
            .userId(request.isOrder() ? author().orElse(null) : null)
            // Nobody carries out what its sender has given up.
            .expiration(expiration())
            .appId("piecework-cli")
            .build();
    try {
      channel.basicPublish(
          request.isOrder() ? Topology.CONTROL_EXCHANGE : Topology.QUESTIONS_EXCHANGE,
          routingKey,
          true,
          properties,
          ControlCodec.encode(request));
    } catch (IOException | ShutdownSignalException e) {
      throw lost(e);
    }
    return id;
  }

  private void await(Map<String, Integer> open, Map<Integer, ControlReply> answers)
      throws InterruptedException {
    long deadline = System.nanoTime() + patience.toNanos();
    while (!open.isEmpty()) {
      Heard next = heard.poll(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
      switch (next) {
        case null -> {
          return;
        }
        case Heard.Reply(String correlation, ControlReply reply) -> {
          // What was asked for before and is answered late is passed over.
          Integer index = open.remove(correlation);
          if (index != null) {
            answers.put(index, reply);
          }
        }
        case Heard.Unreadable(String why) -> throw unreadable(why);
        case Heard.Returned() -> throw noQueue();
        case Heard.Closed() -> throw closed();
      }
    }
  }

  private static CliException unreadable(String why) {
    return new CliException(ExitCode.INTERNAL, "a worker's answer cannot be read: " + why);
  }

  private CliException closed() {
    ShutdownSignalException reason = channel.getCloseReason();
    return lost(reason == null ? new IOException("the reply queue was deleted") : reason);
  }

  private static Heard read(Delivery reply) {
    try {
      return new Heard.Reply(
          String.valueOf(reply.getProperties().getCorrelationId()),
          ControlCodec.decodeReply(reply.getBody()));
    } catch (MessageException e) {
      return new Heard.Unreadable(String.valueOf(e.getMessage()));
    }
  }

  /**
   * Without the exchange the broker closes the channel; without the queue it returns the message.
   */
  private CliException lost(Throwable failure) {
    return BrokerFaults.replyCode(failure) == AMQP.NOT_FOUND
        ? noQueue()
        : BrokerFaults.lost(settings, failure);
  }

  private CliException noQueue() {
    return new CliException(
        ExitCode.UNROUTABLE,
        "nobody takes requests at "
            + settings.address()
            + ": no worker (of this version) has ever been there; start one, or check --broker");
  }

  @Override
  public void close() {
    connection.abort(CLOSE_MILLIS);
  }
}
