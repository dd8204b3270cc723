package dev.piecework.worker.control;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.AlreadyClosedException;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.Delivery;
import com.rabbitmq.client.ShutdownSignalException;
import dev.piecework.message.ControlCodec;
import dev.piecework.message.ControlReply;
import dev.piecework.message.ControlReply.Code;
import dev.piecework.message.ControlRequest;
import dev.piecework.message.MessageError;
import dev.piecework.message.MessageException;
import dev.piecework.message.Topology;
import dev.piecework.text.ForeignText;
import dev.piecework.worker.broker.BrokerConnection;
import dev.piecework.worker.broker.BrokerTopology;
import dev.piecework.worker.gate.IntakeGate;
import dev.piecework.worker.intake.RegistrationIntake;
import dev.piecework.worker.loop.Loop;
import dev.piecework.worker.settings.BrokerSettings;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connection that requests come by: all workers consume one queue of them in competition, and
 * each has a queue of its own for nudges about jobs that have an order, and for what every worker
 * is asked. Registrations of jobs come by it too. It is apart from the one that jobs come by, so
 * that a worker whose slots are full still answers, and knows what waits.
 *
 * <p>A request is acknowledged when it is answered; so if its worker dies, another answers. Made
 * anew when it is lost.
 */
public final class ControlLink implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ControlLink.class);
  private static final Duration RETRY = Duration.ofSeconds(2);
  private static final int REQUESTS_AT_ONCE = 32;
  private static final int CLOSE_MILLISECONDS = 2000;

  /**
   * Consumer priority of a worker that can only say that it knows nothing: it gets a request when
   * no other worker takes it, so that whoever asks a fleet without its database is told why.
   */
  private static final int LAST_RESORT = -10;

  private static final Pattern OWN_REPLIES =
      Pattern.compile(Pattern.quote(Topology.REPLY_PREFIX) + "[A-Za-z0-9._-]{1,200}");

  /**
   * Direct replies (to the connection that asked), and queues whose name the broker made: it lets
   * nobody declare one that begins with {@code amq.}, and such a name is not to be guessed.
   */
  private static final Pattern BROKERS_REPLIES =
      Pattern.compile("(amq\\.rabbitmq\\.reply-to\\.|amq\\.gen-)[^\\p{Cntrl}]{1,220}");

  private final BrokerSettings settings;
  private final String name;
  private final RequestHandler handler;
  private final LimitsReport limits;
  private final RegistrationIntake registrations;
  private final Consumer<String> ordered;
  private final IntakeGate gate;
  private final Loop connecting;
  private volatile Optional<Link> link = Optional.empty();
  private volatile boolean closing;

  /**
   * @param registrations empty while the gate is closed
   * @param closings of the gate, when it was made
   */
  private record Link(
      Connection connection,
      Channel requests,
      Channel replies,
      Optional<Channel> registrations,
      String tag,
      long closings) {

    boolean isOpen() {
      return requests.isOpen() && registrations.map(Channel::isOpen).orElse(true);
    }

    /** Whether it takes what it may take, no less and no more. */
    boolean fits(IntakeGate gate) {
      return closings == gate.closings()
          && registrations.isEmpty() == gate.everythingHeldBack().isPresent();
    }
  }

  /**
   * @param name what the broker's management shows
   * @param ordered told of every job that has an order, on a thread of its own
   * @param gate while it is closed, others register jobs and answer requests
   */
  ControlLink(
      BrokerSettings settings,
      String name,
      RequestHandler handler,
      LimitsReport limits,
      RegistrationIntake registrations,
      Consumer<String> ordered,
      IntakeGate gate) {
    this.settings = settings;
    this.name = name;
    this.handler = handler;
    this.limits = limits;
    this.registrations = registrations;
    this.ordered = ordered;
    this.gate = gate;
    gate.onChange(() -> Thread.ofVirtual().name("control-gate").start(this::connect));
    this.connecting = new Loop("control", RETRY, 0.2, this::connect);
  }

  /** Connects, or goes on trying in the background. */
  public void start() {
    connect();
    connecting.start();
  }

  /** Makes the link anew if need be; what was in hand, the broker gives to others. */
  private synchronized void connect() {
    if (closing || link.filter(Link::isOpen).filter(now -> now.fits(gate)).isPresent()) {
      return;
    }
    link.ifPresent(old -> old.connection().abort(CLOSE_MILLISECONDS));
    link = Optional.empty();
    try {
      Connection connection = BrokerConnection.openForRequests(settings, name);
      try {
        link = Optional.of(consume(connection));
      } catch (IOException | RuntimeException e) {
        connection.abort(CLOSE_MILLISECONDS);
        throw e;
      }
    } catch (IOException | TimeoutException | AlreadyClosedException | IllegalArgumentException e) {
      // The link that jobs come by says where the broker is and why it cannot be reached.
      LOG.debug("requests cannot be taken yet: {}", e.toString());
    }
  }

  private Link consume(Connection connection) throws IOException {
    long closings = gate.closings();
    boolean takesAll = gate.everythingHeldBack().isEmpty();
    Channel requests = connection.createChannel(BrokerConnection.REQUESTS_CHANNEL);
    if (requests == null) {
      throw new IOException("the first channel of a new connection is taken");
    }
    Channel replies = connection.createChannel();
    BrokerTopology.declare(requests);
    // Exclusive, not durable, gone with the connection: a nudge is for those who listen now.
    String orders = "piecework.orders." + UUID.randomUUID();
    requests.queueDeclare(orders, false, true, true, Map.of());
    requests.queueBind(orders, Topology.CONTROL_EXCHANGE, Topology.ORDER_PREFIX + "*");
    requests.queueBind(orders, Topology.CONTROL_EXCHANGE, Topology.LIMITS_KEY);
    requests.queueBind(orders, Topology.QUESTIONS_EXCHANGE, Topology.LIMITS_KEY);
    requests.basicConsume(
        orders,
        true,
        (_, delivery) -> {
          if (delivery.getEnvelope().getRoutingKey().equals(Topology.LIMITS_KEY)) {
            Thread.ofVirtual().name("limits").start(() -> tellLimits(replies, delivery));
          } else {
            nudged(delivery);
          }
        },
        _ -> {});
    requests.basicQos(REQUESTS_AT_ONCE);
    String tag =
        requests.basicConsume(
            Topology.REQUESTS_QUEUE,
            false,
            takesAll ? Map.of() : Map.<String, Object>of("x-priority", LAST_RESORT),
            (_, request) ->
                Thread.ofVirtual().name("request").start(() -> serve(requests, replies, request)),
            _ -> {});
    return new Link(
        connection,
        requests,
        replies,
        takesAll ? Optional.of(registrations.consume(connection)) : Optional.empty(),
        tag,
        closings);
  }

  /**
   * Whether no job message waits for a worker.
   *
   * @return false also if the broker does not say
   */
  public boolean nothingQueued() {
    return link.filter(now -> jobsReady(now.connection()) == 0).isPresent();
  }

  private static long jobsReady(Connection connection) {
    // A queue that is not there closes the channel by which it is asked for.
    try (Channel channel = connection.createChannel()) {
      return channel.messageCount(Topology.JOBS_QUEUE);
    } catch (IOException | TimeoutException | ShutdownSignalException e) {
      LOG.debug("the jobs queue's length is not known: {}", e.toString());
      return -1;
    }
  }

  private void nudged(Delivery nudge) {
    String key = nudge.getEnvelope().getRoutingKey();
    if (!key.startsWith(Topology.ORDER_PREFIX)) {
      return; // It came by a key of the header CC.
    }
    String job = key.substring(Topology.ORDER_PREFIX.length());
    Thread.ofVirtual()
        .name("order-" + job)
        .start(() -> {
          try {
            ordered.accept(job);
          } catch (RuntimeException e) {
            LOG.debug("the next renewal of its lease will look at job {}: {}", job, e.toString());
          }
        });
  }

  private void serve(Channel requests, Channel replies, Delivery request) {
    ControlReply reply = answer(replies, request);
    try {
      reply(replies, request.getProperties(), reply);
      synchronized (requests) {
        requests.basicAck(request.getEnvelope().getDeliveryTag(), false);
      }
    } catch (IOException | AlreadyClosedException e) {
      LOG.debug("the answer was lost with the connection: {}", e.toString());
    }
  }

  private void tellLimits(Channel replies, Delivery request) {
    try {
      reply(replies, request.getProperties(), limits(request));
    } catch (IOException | AlreadyClosedException e) {
      LOG.debug("the limits were lost with the connection: {}", e.toString());
    }
  }

  /** An order would be carried out by each worker. */
  private ControlReply limits(Delivery delivery) {
    try {
      return ControlCodec.decodeRequest(delivery.getBody()) instanceof ControlRequest.GetLimits
          ? limits.now()
          : new ControlReply.Refused(
              Code.INVALID,
              "with routing key \"%s\" nothing but the limits can be asked for; send other requests with \"%s\""
                  .formatted(Topology.LIMITS_KEY, Topology.REQUEST_KEY));
    } catch (MessageException e) {
      return refused(e);
    }
  }

  private static ControlReply refused(MessageException e) {
    LOG.warn("request refused: {}", e.getMessage());
    return new ControlReply.Refused(
        e.error() == MessageError.UNSUPPORTED_VERSION ? Code.UNSUPPORTED : Code.INVALID,
        e.error() + ": " + e.getMessage());
  }

  private ControlReply answer(Channel replies, Delivery delivery) {
    AMQP.BasicProperties properties = delivery.getProperties();
    OptionalLong dropped = BrokerConnection.droppedBytes(delivery.getBody());
    if (dropped.isPresent()) {
      LOG.warn("request refused: it has {} bytes", dropped.getAsLong());
      return new ControlReply.Refused(
          Code.INVALID,
          "TOO_LARGE: the request has %d bytes, at most %d are read"
              .formatted(dropped.getAsLong(), BrokerConnection.MAX_REQUEST_BYTES));
    }
    ControlRequest request;
    try {
      request = ControlCodec.decodeRequest(delivery.getBody());
    } catch (MessageException e) {
      return refused(e);
    }
    String exchange = delivery.getEnvelope().getExchange();
    if (request.isOrder() && !exchange.equals(Topology.CONTROL_EXCHANGE)) {
      LOG.warn("an order is refused: it came by exchange \"{}\"", ForeignText.line(exchange));
      return new ControlReply.Refused(
          Code.INVALID,
          "orders are taken by exchange " + Topology.CONTROL_EXCHANGE + " alone; send it there");
    }
    ControlReply reply =
        handler.handle(
            request,
            ForeignText.line(Optional.ofNullable(properties.getMessageId()).orElse("")),
            patience(properties),
            job -> nudge(replies, job));
    say(request, reply);
    return reply;
  }

  /** Questions come often and change nothing. */
  private static void say(ControlRequest request, ControlReply reply) {
    if (!(request instanceof ControlRequest.OfJob order) || !request.isOrder()) {
      return;
    }
    LOG.info(
        "asked to {} job {}: {}",
        request.getClass().getSimpleName().toLowerCase(java.util.Locale.ROOT),
        order.job(),
        switch (reply) {
          case ControlReply.Ordered ordered when ordered.inEffect() ->
              "it is " + ordered.job().state();
          case ControlReply.Ordered ordered ->
              "ordered, but not in effect yet: it is " + ordered.job().state();
          case ControlReply.Refused refused -> refused.code() + ": " + refused.message();
          case ControlReply.Details _, ControlReply.Page _, ControlReply.Limits _ -> "answered";
        });
  }

  /** The sender gives up when its message expires. */
  private static Optional<Duration> patience(AMQP.BasicProperties properties) {
    try {
      return Optional.of(
          Duration.ofMillis(Long.parseLong(String.valueOf(properties.getExpiration()))));
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  private void nudge(Channel channel, String job) {
    try {
      synchronized (channel) {
        channel.basicPublish(
            Topology.CONTROL_EXCHANGE,
            Topology.orderRoutingKey(job),
            new AMQP.BasicProperties.Builder().build(),
            new byte[0]);
      }
    } catch (IOException | AlreadyClosedException e) {
      LOG.debug("a nudge was lost: {}", e.toString());
    }
  }

  /**
   * Answers go to reply queues alone: by the name of another queue a sender could have a worker
   * write where he himself may not.
   */
  private static void reply(Channel channel, AMQP.BasicProperties request, ControlReply reply)
      throws IOException {
    String to = request.getReplyTo();
    if (to == null) {
      return;
    }
    boolean own = OWN_REPLIES.matcher(to).matches();
    if (!own && !BROKERS_REPLIES.matcher(to).matches()) {
      LOG.warn(
          "a request is not answered: its reply-to \"{}\" is no reply queue. Expected {}... or a queue that the broker named",
          ForeignText.line(to),
          Topology.REPLY_PREFIX);
      return;
    }
    synchronized (channel) {
      channel.basicPublish(
          own ? Topology.CONTROL_EXCHANGE : "",
          to,
          new AMQP.BasicProperties.Builder()
              .contentType(ControlCodec.CONTENT_TYPE)
              .correlationId(request.getCorrelationId())
              .build(),
          ControlCodec.encode(reply));
    }
  }

  /** Takes no new requests; those in hand are answered. */
  public void stopTaking() {
    closing = true;
    handler.close();
    registrations.close();
    link.ifPresent(now -> {
      try {
        now.requests().basicCancel(now.tag());
      } catch (IOException | AlreadyClosedException e) {
        LOG.debug("already gone: {}", e.toString());
      }
    });
  }

  @Override
  public void close() {
    stopTaking();
    connecting.close();
    link.ifPresent(now -> now.connection().abort(CLOSE_MILLISECONDS));
  }
}
