package dev.piecework.worker.broker;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.AlreadyClosedException;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.Return;
import com.rabbitmq.client.ShutdownSignalException;
import dev.piecework.worker.settings.BrokerSettings;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.BitSet;
import java.util.Date;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Publishes, on a connection of its own: a broker that holds back publishers must not hold back
 * acknowledgements. One channel with confirms keeps the order; one without carries what may be
 * lost. Connects when it first has something to say, and again after a failure.
 */
public final class Publisher implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Publisher.class);
  private static final int PERSISTENT = 2;
  private static final int TRANSIENT = 1;
  private static final int ABORT_MILLISECONDS = 1000;

  private final BrokerSettings settings;
  private final String name;
  private final Duration confirmTimeout;
  private final Object connecting = new Object();
  private Optional<Connection> connection = Optional.empty();
  private Optional<ConfirmedChannel> confirmed = Optional.empty();
  private Optional<Channel> lossy = Optional.empty();

  /**
   * @param settings where the broker is
   * @param name what the broker's management shows
   * @param confirmTimeout how long to wait for the broker's confirmation of one call's messages
   */
  public Publisher(BrokerSettings settings, String name, Duration confirmTimeout) {
    this.settings = settings;
    this.name = name;
    this.confirmTimeout = confirmTimeout;
  }

  /**
   * Publishes in order and waits until the broker has confirmed.
   *
   * @return which of them (by position) the broker has taken; the others were refused, or returned
   *     because they are mandatory and no queue takes them
   * @throws PublishException if the broker cannot be reached or does not confirm in time: any of
   *     them may have arrived
   */
  public BitSet publish(List<OutgoingMessage> messages) throws PublishException {
    return publish(messages, confirmTimeout);
  }

  /**
   * The same.
   *
   * @param patience how long the confirmations are waited for
   */
  public synchronized BitSet publish(List<OutgoingMessage> messages, Duration patience)
      throws PublishException {
    if (messages.isEmpty()) {
      return new BitSet();
    }
    try {
      return confirmedChannel().publish(messages, patience);
    } catch (IOException | TimeoutException | AlreadyClosedException | IllegalArgumentException e) {
      disconnect();
      throw new PublishException(settings.address(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      disconnect();
      throw new PublishException(settings.address(), e);
    }
  }

  /**
   * Connects, if it is not.
   *
   * @throws PublishException if the broker cannot be reached
   */
  public void connect() throws PublishException {
    try {
      confirmedChannel();
    } catch (IOException
        | TimeoutException
        | ShutdownSignalException
        | IllegalArgumentException e) {
      disconnect();
      throw new PublishException(settings.address(), e);
    }
  }

  /** Publishes one message that must arrive. */
  public void publishOrThrow(OutgoingMessage message) throws PublishException {
    if (publish(List.of(message)).isEmpty()) {
      throw new PublishException(
          settings.address(), new IOException("the broker refused or returned the message"));
    }
  }

  /**
   * Publishes what may be lost, and waits for nothing but a connection.
   *
   * @param wanted asked when there is one, which may be long after: whether it is still true
   */
  public void publishLossy(OutgoingMessage message, BooleanSupplier wanted) {
    try {
      Channel channel = lossyChannel();
      synchronized (channel) {
        if (wanted.getAsBoolean()) {
          send(channel, message, TRANSIENT);
        }
      }
    } catch (IOException | TimeoutException | AlreadyClosedException | IllegalArgumentException e) {
      LOG.debug("not published: {}", e.toString());
      disconnect();
    }
  }

  private static void send(Channel channel, OutgoingMessage message, int deliveryMode)
      throws IOException {
    AMQP.BasicProperties properties =
        new AMQP.BasicProperties.Builder()
            .messageId(message.messageId())
            .timestamp(Date.from(Instant.now()))
            .contentType(message.contentType())
            .deliveryMode(deliveryMode)
            .priority(message.priority())
            .timestamp(Date.from(Instant.now()))
            .headers(message.headers())
            .build();
    channel.basicPublish(
        message.exchange(), message.routingKey(), message.mandatory(), properties, message.body());
  }

  private ConfirmedChannel confirmedChannel() throws IOException, TimeoutException {
    synchronized (connecting) {
      if (confirmed.isEmpty() || !confirmed.get().channel.isOpen()) {
        confirmed = Optional.of(new ConfirmedChannel(connection().createChannel()));
      }
      return confirmed.get();
    }
  }

  private Channel lossyChannel() throws IOException, TimeoutException {
    synchronized (connecting) {
      if (lossy.isEmpty() || !lossy.get().isOpen()) {
        lossy = Optional.of(connection().createChannel());
      }
      return lossy.get();
    }
  }

  private Connection connection() throws IOException, TimeoutException {
    if (connection.isEmpty() || !connection.get().isOpen()) {
      connection = Optional.of(BrokerConnection.open(settings, name));
      Channel channel = connection.get().createChannel();
      BrokerTopology.declare(channel);
      channel.close();
    }
    return connection.get();
  }

  private void disconnect() {
    synchronized (connecting) {
      // The other end may not answer, and whoever failed to publish has a lease to give back.
      connection.ifPresent(old ->
          Thread.ofVirtual().name("broker-abort").start(() -> old.abort(ABORT_MILLISECONDS)));
      connection = Optional.empty();
      confirmed = Optional.empty();
      lossy = Optional.empty();
    }
  }

  @Override
  public void close() {
    disconnect();
  }

  /** A channel in confirm mode that knows what became of each message. */
  private static final class ConfirmedChannel {
    private final Channel channel;
    private final Set<String> returned = ConcurrentHashMap.newKeySet();

    /** Sequence numbers on their way, with their position in the call at hand. */
    private final TreeMap<Long, Integer> waiting = new TreeMap<>();

    private final BitSet taken = new BitSet();

    ConfirmedChannel(Channel channel) throws IOException {
      this.channel = channel;
      channel.addReturnListener(
          (Return message) -> returned.add(message.getProperties().getMessageId()));
      channel.addConfirmListener(
          (tag, multiple) -> settled(tag, multiple, true),
          (tag, multiple) -> settled(tag, multiple, false));
      channel.addShutdownListener(cause -> {
        synchronized (waiting) {
          waiting.notifyAll();
        }
      });
      channel.confirmSelect();
    }

    private void settled(long tag, boolean multiple, boolean ack) {
      synchronized (waiting) {
        var settled = multiple ? waiting.headMap(tag, true) : waiting.subMap(tag, true, tag, true);
        if (ack) {
          settled.values().forEach(taken::set);
        }
        settled.clear();
        waiting.notifyAll();
      }
    }

    BitSet publish(List<OutgoingMessage> messages, Duration timeout)
        throws IOException, InterruptedException, TimeoutException {
      returned.clear();
      synchronized (waiting) {
        waiting.clear();
        taken.clear();
      }
      for (int i = 0; i < messages.size(); i++) {
        synchronized (waiting) {
          waiting.put(channel.getNextPublishSeqNo(), i);
        }
        send(channel, messages.get(i), PERSISTENT);
      }
      awaitAll(timeout);
      Set<String> unroutable = new HashSet<>(returned);
      BitSet arrived = (BitSet) taken.clone();
      for (int i = 0; i < messages.size(); i++) {
        // The broker returns an unroutable message and then confirms it all the same.
        if (unroutable.contains(messages.get(i).messageId())) {
          arrived.clear(i);
        }
      }
      return arrived;
    }

    private void awaitAll(Duration timeout)
        throws InterruptedException, TimeoutException, IOException {
      long deadline = System.nanoTime() + timeout.toNanos();
      synchronized (waiting) {
        while (!waiting.isEmpty()) {
          long left = (deadline - System.nanoTime()) / 1_000_000;
          if (!channel.isOpen()) {
            throw new IOException("the channel was closed", channel.getCloseReason());
          }
          if (left <= 0) {
            throw new TimeoutException("no confirmation in " + timeout.toSeconds() + " s");
          }
          waiting.wait(left);
        }
      }
    }
  }
}
