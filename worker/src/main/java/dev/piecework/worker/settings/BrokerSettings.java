package dev.piecework.worker.settings;

import dev.piecework.tls.TrustedAuthorities;
import java.net.URI;
import java.nio.file.Path;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Where the broker is.
 *
 * @param uri {@code amqp://} or {@code amqps://host[:port][/vhost]}; no vhost means {@code /}
 * @param username empty: the one in the URI, or {@code guest}
 * @param password empty: the one in the URI, or {@code guest}
 * @param passwordFile a file that holds the password instead; read again at each connection, so
 *     that the password may be changed while the worker runs
 * @param caFile with {@code amqps}: certificates in PEM of authorities to believe beside those that
 *     Java knows; empty for none
 * @param requireUserId whether submissions and orders without the AMQP property {@code user-id} are
 *     refused; with it RabbitMQ says who sent them
 */
@ConfigurationProperties("piecework.broker")
public record BrokerSettings(
    @DefaultValue("amqp://127.0.0.1:5672") URI uri,
    @DefaultValue("") String username,
    @DefaultValue("") String password,
    @DefaultValue("") String passwordFile,
    @DefaultValue("") String caFile,
    @DefaultValue("false") boolean requireUserId) {

  /** Validates. */
  public BrokerSettings {
    if (!("amqp".equals(uri.getScheme()) || "amqps".equals(uri.getScheme()))
        || uri.getHost() == null) {
      throw new IllegalArgumentException(
          "piecework.broker.uri (PIECEWORK_BROKER_URI) is not a broker's address: expected amqp://host[:port][/vhost] or amqps://...");
    }
    var _ = Secrets.read("piecework.broker.password", password, passwordFile);
  }

  /** User name to log in with. */
  public String effectiveUsername() {
    return username.isEmpty() ? userInfo(0, "guest") : username;
  }

  /**
   * Password to log in with; from its file, if it has one, as it is now.
   *
   * @throws IllegalArgumentException if the file cannot be read now
   */
  public String effectivePassword() {
    String now = Secrets.read("piecework.broker.password", password, passwordFile);
    return now.isEmpty() ? userInfo(1, "guest") : now;
  }

  /** Port, by scheme where the URI has none. */
  public int port() {
    if (uri.getPort() != -1) {
      return uri.getPort();
    }
    return tls() ? 5671 : 5672;
  }

  /** Whether the connection is encrypted. */
  public boolean tls() {
    return "amqps".equals(uri.getScheme());
  }

  /** Whom to believe when the connection is encrypted. */
  public TrustedAuthorities authorities() {
    return caFile.isEmpty()
        ? TrustedAuthorities.ofJava()
        : TrustedAuthorities.with("piecework.broker.ca-file", Path.of(caFile));
  }

  /** Virtual host. */
  public String virtualHost() {
    String path = uri.getPath();
    return path == null || path.length() <= 1 ? "/" : path.substring(1);
  }

  /** The address without user and password: for logs. */
  public String address() {
    return "%s://%s:%d/%s"
        .formatted(
            uri.getScheme(), uri.getHost(), port(), virtualHost().equals("/") ? "" : virtualHost());
  }

  @Override
  public String toString() {
    return "BrokerSettings[" + address() + "]";
  }

  private String userInfo(int index, String otherwise) {
    String info = uri.getUserInfo();
    if (info == null) {
      return otherwise;
    }
    int colon = info.indexOf(':');
    if (index == 0) {
      return colon < 0 ? info : info.substring(0, colon);
    }
    return colon < 0 ? otherwise : info.substring(colon + 1);
  }
}
