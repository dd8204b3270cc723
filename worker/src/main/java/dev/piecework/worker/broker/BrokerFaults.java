package dev.piecework.worker.broker;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.MissedHeartbeatException;
import com.rabbitmq.client.ShutdownSignalException;
import dev.piecework.text.ForeignText;
import java.io.EOFException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;

/** What the client library's exceptions mean, in one line without names of classes. */
public final class BrokerFaults {
  private static final int MAX_DEPTH = 20;

  private BrokerFaults() {}

  /** What the broker said, where it said something; otherwise what became of the connection. */
  public static String words(Throwable failure) {
    Throwable innermost = failure;
    for (int depth = 0; depth < MAX_DEPTH; depth++) {
      if (innermost instanceof ShutdownSignalException signal) {
        Optional<String> said = said(signal);
        if (said.isPresent()) {
          return said.get();
        }
      }
      if (innermost instanceof SSLException) {
        return "TLS failed: " + text(innermost);
      }
      if (innermost.getCause() == null) {
        break;
      }
      innermost = innermost.getCause();
    }
    return switch (innermost) {
      case MissedHeartbeatException _ -> "no heartbeat from the broker";
      case EOFException _ -> "the connection was closed";
      case UnknownHostException _ -> "no such host";
      case NoRouteToHostException _ -> "no route to it";
      case ConnectException _ -> "connection refused";
      case SocketTimeoutException _ -> "no answer in time";
      case ShutdownSignalException _ -> "the connection was closed";
      case TimeoutException timeout when timeout.getMessage() == null -> "no answer in time";
      default -> text(innermost);
    };
  }

  private static Optional<String> said(ShutdownSignalException signal) {
    return switch (signal.getReason()) {
      case AMQP.Connection.Close close -> Optional.of(ForeignText.line(close.getReplyText()));
      case AMQP.Channel.Close close -> Optional.of(ForeignText.line(close.getReplyText()));
      case null, default -> Optional.empty();
    };
  }

  private static String text(Throwable failure) {
    String message = failure.getMessage();
    return message == null || message.isBlank() ? "no reason given" : ForeignText.line(message);
  }
}
