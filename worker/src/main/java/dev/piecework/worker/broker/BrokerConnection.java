package dev.piecework.worker.broker;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.Consumer;
import com.rabbitmq.client.impl.DefaultExceptionHandler;
import com.rabbitmq.client.impl.FrameHandlerFactory;
import dev.piecework.exit.ProcessEnd;
import dev.piecework.message.JobMessageCodec;
import dev.piecework.worker.settings.BrokerSettings;
import java.io.IOException;
import java.util.OptionalLong;
import java.util.concurrent.TimeoutException;
import java.util.function.IntUnaryOperator;

/** How to reach the broker: the same for consuming and for publishing. */
public final class BrokerConnection {
  /** Channel of control requests; see {@link #open}. The others take what a job may have. */
  public static final int REQUESTS_CHANNEL = 1;

  /** Most bytes of a control request; the longest that means anything has some 10,000. */
  public static final int MAX_REQUEST_BYTES = 256 << 10;

  private static final int TIMEOUT_MILLISECONDS = 10_000;
  private static final int HEARTBEAT_SECONDS = 10;

  private BrokerConnection() {}

  /**
   * Opens a connection; to open it again when it is lost is its user's business. No message is read
   * that is longer than {@link JobMessageCodec#MAX_BYTES}: a note takes the place of its body,
   * which {@link #droppedBytes} knows.
   *
   * @param name what the broker's management shows
   * @throws IllegalArgumentException if the password's file cannot be read
   */
  public static Connection open(BrokerSettings settings, String name)
      throws IOException, TimeoutException {
    return open(settings, name, _ -> JobMessageCodec.MAX_BYTES);
  }

  /**
   * The same, but on {@link #REQUESTS_CHANNEL} nothing is read beyond {@link #MAX_REQUEST_BYTES}.
   */
  public static Connection openForRequests(BrokerSettings settings, String name)
      throws IOException, TimeoutException {
    return open(
        settings,
        name,
        channel -> channel == REQUESTS_CHANNEL ? MAX_REQUEST_BYTES : JobMessageCodec.MAX_BYTES);
  }

  private static Connection open(
      BrokerSettings settings, String name, IntUnaryOperator limitOfChannel)
      throws IOException, TimeoutException {
    ConnectionFactory factory = new Bounded(limitOfChannel);
    factory.setHost(settings.uri().getHost());
    factory.setPort(settings.port());
    factory.setVirtualHost(settings.virtualHost());
    factory.setUsername(settings.effectiveUsername());
    factory.setPassword(settings.effectivePassword());
    factory.setConnectionTimeout(TIMEOUT_MILLISECONDS);
    factory.setHandshakeTimeout(TIMEOUT_MILLISECONDS);
    factory.setRequestedHeartbeat(HEARTBEAT_SECONDS);
    factory.setAutomaticRecoveryEnabled(false);
    factory.setExceptionHandler(new ErrorsAreFatal());
    if (settings.tls()) {
      factory.useSslProtocol(settings.authorities().context());
      factory.enableHostnameVerification();
    }
    return factory.newConnection(name);
  }

  /**
   * How long a message was whose body was not read, because it is longer than any that means
   * something.
   *
   * @param body as it was delivered
   * @return empty if that is the body
   */
  public static OptionalLong droppedBytes(byte[] body) {
    return InboundLimit.droppedBytes(body);
  }

  private static final class Bounded extends ConnectionFactory {
    private final IntUnaryOperator limitOfChannel;

    Bounded(IntUnaryOperator limitOfChannel) {
      this.limitOfChannel = limitOfChannel;
    }

    @Override
    protected synchronized FrameHandlerFactory createFrameHandlerFactory() throws IOException {
      FrameHandlerFactory plain = super.createFrameHandlerFactory();
      return (address, name) -> new InboundLimit(plain.create(address, name), limitOfChannel);
    }
  }

  /** The client catches whatever its threads meet, and those who listen to it. */
  private static final class ErrorsAreFatal extends DefaultExceptionHandler {
    @Override
    public void handleUnexpectedConnectionDriverException(Connection connection, Throwable thrown) {
      ProcessEnd.ifFatal(thrown);
      super.handleUnexpectedConnectionDriverException(connection, thrown);
    }

    @Override
    public void handleReturnListenerException(Channel channel, Throwable thrown) {
      ProcessEnd.ifFatal(thrown);
      super.handleReturnListenerException(channel, thrown);
    }

    @Override
    public void handleConfirmListenerException(Channel channel, Throwable thrown) {
      ProcessEnd.ifFatal(thrown);
      super.handleConfirmListenerException(channel, thrown);
    }

    @Override
    public void handleConsumerException(
        Channel channel, Throwable thrown, Consumer consumer, String tag, String method) {
      ProcessEnd.ifFatal(thrown);
      super.handleConsumerException(channel, thrown, consumer, tag, method);
    }
  }
}
