package dev.piecework.worker.broker;

import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import dev.piecework.worker.settings.BrokerSettings;
import java.io.IOException;
import java.util.concurrent.TimeoutException;

/** How to reach the broker: the same for consuming and for publishing. */
public final class BrokerConnection {
  private static final int TIMEOUT_MILLISECONDS = 10_000;
  private static final int HEARTBEAT_SECONDS = 10;

  private BrokerConnection() {}

  /** A factory of connections; recovery is its user's business. */
  public static ConnectionFactory factory(BrokerSettings settings) {
    ConnectionFactory factory = new ConnectionFactory();
    factory.setHost(settings.uri().getHost());
    factory.setPort(settings.port());
    factory.setVirtualHost(settings.virtualHost());
    factory.setUsername(settings.effectiveUsername());
    factory.setPassword(settings.effectivePassword());
    factory.setConnectionTimeout(TIMEOUT_MILLISECONDS);
    factory.setHandshakeTimeout(TIMEOUT_MILLISECONDS);
    factory.setRequestedHeartbeat(HEARTBEAT_SECONDS);
    factory.setAutomaticRecoveryEnabled(false);
    if (settings.tls()) {
      factory.useSslProtocol(settings.authorities().context());
      factory.enableHostnameVerification();
    }
    return factory;
  }

  /** Opens a connection that the broker's management shows under {@code name}. */
  static Connection open(BrokerSettings settings, String name)
      throws IOException, TimeoutException {
    return factory(settings).newConnection(name);
  }
}
