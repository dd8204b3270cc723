package dev.piecework.tracker;

import dev.piecework.text.ForeignText;
import io.netty.channel.ConnectTimeoutException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.PortUnreachableException;
import java.time.Duration;
import java.util.Locale;
import javax.net.ssl.SSLException;

/** Says in plain words what a socket's exception means. */
final class ConnectionFault {
  private ConnectionFault() {}

  /** Why a connection to {@code address} failed. */
  static String describe(Throwable cause, InetSocketAddress address, Duration connectTimeout) {
    String where = text(address);
    String message = message(cause);
    if (cause instanceof ConnectTimeoutException) {
      return "no connection to " + where + " within " + seconds(connectTimeout);
    }
    if (cause instanceof PortUnreachableException
        || isRefused(message)
        || (cause instanceof ConnectException && isRefused(message))) {
      return "connection refused by " + where;
    }
    if (cause instanceof NoRouteToHostException
        || message.toLowerCase(Locale.ROOT).contains("unreachable")) {
      return "no route to " + where;
    }
    return "connection to " + where + " failed: " + message;
  }

  /** Why a TLS handshake failed: the innermost reason, which names the certificate's fault. */
  static String describeTls(SSLException cause) {
    Throwable innermost = cause;
    for (int depth = 0; depth < 10 && innermost.getCause() != null; depth++) {
      innermost = innermost.getCause();
    }
    return "TLS failed: " + ForeignText.line(String.valueOf(innermost.getMessage()));
  }

  /** What an exception says, in one clean line; its kind if it says nothing. */
  static String message(Throwable cause) {
    return cause.getMessage() == null
        ? cause.getClass().getSimpleName()
        : ForeignText.line(cause.getMessage());
  }

  /** An address and port as people write them. */
  static String text(InetSocketAddress address) {
    String host = address.getAddress().getHostAddress();
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + address.getPort();
  }

  /** A duration as whole seconds with their unit. */
  static String seconds(Duration duration) {
    return duration.toMillis() < 1000 ? duration.toMillis() + " ms" : duration.toSeconds() + " s";
  }

  private static boolean isRefused(String message) {
    return message.toLowerCase(Locale.ROOT).contains("refused");
  }
}
