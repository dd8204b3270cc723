package dev.piecework.cli;

import dev.piecework.testkit.RabbitBroker;
import java.util.HashMap;
import java.util.Map;

/** The environment variables that lead the command line to a broker of the tests. */
final class BrokerEnvironment {
  private BrokerEnvironment() {}

  static Map<String, String> of(RabbitBroker broker) {
    String virtualHost = broker.virtualHost().equals("/") ? "%2f" : broker.virtualHost();
    return new HashMap<>(
        Map.of(
            "PIECEWORK_BROKER_URI",
            "amqp://" + broker.host() + ":" + broker.port() + "/" + virtualHost,
            "PIECEWORK_BROKER_USERNAME",
            broker.user(),
            "PIECEWORK_BROKER_PASSWORD",
            broker.password()));
  }
}
