package dev.piecework.worker.control;

import com.rabbitmq.client.AlreadyClosedException;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.Delivery;
import dev.piecework.message.Topology;
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
import java.util.UUID;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
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

  private final BrokerSettings settings;
  private final String name;
  private final RequestHandler handler;
  private final RequestServer server;
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
    this.server = new RequestServer(handler, limits, settings.requireUserId());
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
            Thread.ofVirtual().name("limits").start(() -> server.tellLimits(replies, delivery));
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
                Thread.ofVirtual()
                    .name("request")
                    .start(() -> server.serve(requests, replies, request)),
            _ -> {});
    return new Link(
        connection,
        requests,
        replies,
        takesAll ? Optional.of(registrations.consume(connection)) : Optional.empty(),
        tag,
        closings);
  }

  private void nudged(Delivery nudge) {
    String key = nudge.getEnvelope().getRoutingKey();
    if (!key.startsWith(Topology.ORDER_PREFIX)) {
      return; // It came by a key of the header CC.
    }
    String job = key.substring(Topology.ORDER_PREFIX.length());
    Thread.ofVirtual()
        .name("order")
        .start(() -> {
          try {
            ordered.accept(job);
          } catch (RuntimeException e) {
            LOG.debug("the next renewal of its lease will look at job {}: {}", job, e.toString());
          }
        });
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
