package dev.piecework.cli.broker;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.Delivery;
import com.rabbitmq.client.ShutdownSignalException;
import dev.piecework.cli.CliException;
import dev.piecework.message.JobEvent;
import dev.piecework.message.JobEventCodec;
import dev.piecework.message.MessageException;
import dev.piecework.message.Topology;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Events through a queue of our own that outlives a restart of the broker and a broken connection:
 * it is durable, and expires some time after nobody has asked for it. So what happens meanwhile is
 * told afterwards, and an event may come twice, but is not lost while the broker keeps its disk. A
 * broker other than RabbitMQ knows no such expiry: there the queue goes with the connection.
 */
public final class EventFeed implements AutoCloseable {
  private static final Duration FIRST_PAUSE = Duration.ofMillis(250);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);
  private static final int CLOSE_MILLIS = 2000;
  private static final int BUFFERED = 1000;

  /** More than any pause for reconnecting needs, less than a broker's disk. */
  private static final int MAX_QUEUED = 100_000;

  private final BrokerSettings settings;
  private final InstantSource clock;
  private final List<String> bindings;
  private final Duration patience;
  private final String queue = "piecework.listener." + UUID.randomUUID();
  private final BlockingQueue<News> received = new ArrayBlockingQueue<>(BUFFERED);

  /** Ctrl-C runs no finally blocks. */
  private final Thread atExit = Thread.ofPlatform().unstarted(this::leave);

  private volatile Channel channel;
  private volatile boolean cancelled;
  private boolean lasting;
  private @Nullable Instant lostAt;
  private Instant nextAttempt = Instant.MIN;
  private Duration pause = FIRST_PAUSE;

  private EventFeed(
      BrokerSettings settings, InstantSource clock, List<String> bindings, Duration patience) {
    this.settings = settings;
    this.clock = clock;
    this.bindings = bindings;
    this.patience = patience;
    this.channel = open(Connections.open(settings));
  }

  /**
   * Connects and begins to listen.
   *
   * @param clock for time that passes; a steady one
   * @param bindings routing keys of {@link Topology#EVENTS_EXCHANGE}: {@code job.*.<id>}, {@code
   *     job.#}
   * @param patience how long a lost broker is tried again; the queue lasts as long
   * @throws CliException when the broker cannot be reached, or refuses
   */
  public static EventFeed open(
      BrokerSettings settings, InstantSource clock, List<String> bindings, Duration patience) {
    EventFeed feed = new EventFeed(settings, clock, bindings, patience);
    Runtime.getRuntime().addShutdownHook(feed.atExit);
    return feed;
  }

  /**
   * The next news, or nothing after {@code atMost}.
   *
   * @throws CliException when a lost broker did not come back for as long as patience lasts
   */
  public Optional<News> await(Duration atMost) throws InterruptedException {
    News next = received.poll(atMost.toMillis(), TimeUnit.MILLISECONDS);
    if (next != null) {
      return Optional.of(next);
    }
    if (channel.isOpen() && !cancelled) {
      return Optional.empty();
    }
    Instant now = clock.instant();
    Instant since = lostAt;
    if (since == null && !patience.isZero()) {
      lostAt = now;
      nextAttempt = now.plus(pause);
      channel.getConnection().abort(CLOSE_MILLIS);
      return Optional.of(new News.Lost(reason()));
    }
    if (since == null || !now.isBefore(since.plus(patience))) {
      throw BrokerFaults.lost(settings, loss());
    }
    return now.isBefore(nextAttempt) ? Optional.empty() : reconnect();
  }

  private Optional<News> reconnect() {
    try {
      Connection again = Connections.open(settings);
      boolean complete;
      try {
        complete = new Declarations(settings, again).queueExists(queue);
      } catch (CliException e) {
        again.abort(CLOSE_MILLIS);
        throw e;
      }
      cancelled = false;
      channel = open(again);
      lostAt = null;
      pause = FIRST_PAUSE;
      return Optional.of(new News.Again(complete));
    } catch (CliException e) {
      // Also a refusal: a broker that has just started may not know its users yet.
      pause = shorter(pause.multipliedBy(2), LONGEST_PAUSE);
      nextAttempt = clock.instant().plus(pause);
      return Optional.empty();
    }
  }

  /** How long a lost broker is tried again. */
  public Duration patience() {
    return patience;
  }

  private static Duration shorter(Duration a, Duration b) {
    return a.compareTo(b) < 0 ? a : b;
  }

  private String reason() {
    return cancelled ? "its queue was deleted" : BrokerFaults.describe(loss());
  }

  private Throwable loss() {
    ShutdownSignalException reason = channel.getCloseReason();
    return reason == null ? new IOException("the queue of events was deleted") : reason;
  }

  private Channel open(Connection at) {
    try {
      new Declarations(settings, at).events();
      Channel opened = at.createChannel();
      lasting = "RabbitMQ".equals(String.valueOf(at.getServerProperties().get("product")));
      opened.basicQos(BUFFERED / 2);
      opened.queueDeclare(queue, lasting, !lasting, !lasting, arguments());
      for (String binding : bindings) {
        opened.queueBind(queue, Topology.EVENTS_EXCHANGE, binding);
      }
      opened.basicConsume(
          queue, false, (_, delivery) -> receive(opened, delivery), _ -> cancelled = true);
      return opened;
    } catch (IOException | ShutdownSignalException e) {
      at.abort(CLOSE_MILLIS);
      throw BrokerFaults.lost(settings, e);
    } catch (CliException e) {
      at.abort(CLOSE_MILLIS);
      throw e;
    }
  }

  private Map<String, Object> arguments() {
    return lasting
        ? Map.of("x-expires", Math.max(1000, patience.toMillis()), "x-max-length", MAX_QUEUED)
        : Map.of();
  }

  /** Waits where nobody takes what has come: then the broker keeps the rest. */
  private void receive(Channel from, Delivery delivery) throws IOException {
    byte[] body = delivery.getBody();
    Optional<JobEvent> event;
    try {
      event = Optional.of(JobEventCodec.decode(body));
    } catch (MessageException e) {
      event = Optional.empty();
    }
    try {
      received.put(new News.Event(new String(body, StandardCharsets.UTF_8), event));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return;
    }
    from.basicAck(delivery.getEnvelope().getDeliveryTag(), false);
  }

  /** Takes the queue away. */
  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(atExit);
    } catch (IllegalStateException e) {
      return; // the process is ending, and the hook does it
    }
    leave();
  }

  private void leave() {
    try {
      channel.getConnection().createChannel().queueDeleteNoWait(queue, false, false);
    } catch (IOException | ShutdownSignalException e) {
      // It expires by itself.
    }
    channel.getConnection().abort(CLOSE_MILLIS);
  }
}
