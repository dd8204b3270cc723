package dev.piecework.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.exit.ExitCode;
import dev.piecework.testkit.Ports;
import dev.piecework.testkit.PrivateAuthority;
import dev.piecework.testkit.RabbitBroker;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A broker with a certificate of an authority that Java does not know. */
class BrokerTlsIT {
  private static CliRun list(int port, String authority) {
    return CliRun.of(
        Map.of(
            "PIECEWORK_BROKER_URI",
            "amqps://127.0.0.1:" + port,
            "PIECEWORK_BROKER_CA_FILE",
            authority),
        "list");
  }

  @Test
  void theBrokerIsBelievedWhenItsAuthorityIsNamed(@TempDir Path folder) {
    PrivateAuthority authority = PrivateAuthority.in(folder.resolve("authority"));
    PrivateAuthority another = PrivateAuthority.in(folder.resolve("another"));
    PrivateAuthority.Issued issued = authority.issue("broker");
    int port = Ports.free();
    try (RabbitBroker _ =
        RabbitBroker.privateNode(
            "listeners.ssl.default = 127.0.0.1:" + port,
            "ssl_options.certfile = " + issued.certificate(),
            "ssl_options.keyfile = " + issued.key(),
            "ssl_options.cacertfile = " + authority.certificate())) {
      CliRun friend = list(port, authority.certificate().toString());
      assertThat(friend.exitCode())
          .as("no worker has ever been there: " + friend.err())
          .isEqualTo(ExitCode.UNROUTABLE.code());

      CliRun stranger = list(port, another.certificate().toString());
      assertThat(stranger.exitCode()).isEqualTo(ExitCode.BROKER_UNAVAILABLE.code());
      assertThat(stranger.err()).contains("TLS failed", "PIECEWORK_BROKER_CA_FILE");
    }
  }
}
