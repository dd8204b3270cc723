package dev.piecework.cli.broker;

import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.impl.FrameHandlerFactory;
import dev.piecework.cli.CliException;
import dev.piecework.exit.ExitCode;
import java.io.IOException;

/** Makes connections to the broker. */
final class Connections {
  private static final int TIMEOUT_MILLIS = 10_000;

  /** A broker that is gone without a word is noticed within two of these. */
  private static final int HEARTBEAT_SECONDS = 15;

  private Connections() {}

  private static final class Bounded extends ConnectionFactory {
    @Override
    protected synchronized FrameHandlerFactory createFrameHandlerFactory() throws IOException {
      FrameHandlerFactory plain = super.createFrameHandlerFactory();
      return (address, name) -> new InboundLimit(plain.create(address, name));
    }
  }

  /**
   * Connects and logs in. A lost connection is not mended by the client library, which would hide
   * from us that something may have been missed.
   *
   * @throws CliException with {@link ExitCode#BROKER_UNAVAILABLE} or {@link ExitCode#NO_RIGHTS}
   */
  static Connection open(BrokerSettings settings) {
    ConnectionFactory factory = new Bounded();
    factory.setHost(settings.host());
    factory.setPort(settings.port());
    factory.setVirtualHost(settings.virtualHost());
    factory.setUsername(settings.username());
    factory.setPassword(settings.password());
    factory.setConnectionTimeout(TIMEOUT_MILLIS);
    factory.setHandshakeTimeout(TIMEOUT_MILLIS);
    factory.setRequestedHeartbeat(HEARTBEAT_SECONDS);
    factory.setAutomaticRecoveryEnabled(false);
    try {
      if (settings.tls()) {
        // Trust and host name checks, not the client's trust-all default.
        factory.useSslProtocol(settings.authorities().context());
        factory.enableHostnameVerification();
      }
      return factory.newConnection("piecework command line");
    } catch (CliException e) {
      throw e;
    } catch (Exception e) { // I/O, time-outs, protocol errors, TLS: all mean "not connected"
      throw BrokerFaults.notConnected(settings, e);
    }
  }
}
