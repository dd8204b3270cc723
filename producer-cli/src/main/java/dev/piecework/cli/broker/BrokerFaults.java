package dev.piecework.cli.broker;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Method;
import com.rabbitmq.client.PossibleAuthenticationFailureException;
import com.rabbitmq.client.ShutdownSignalException;
import dev.piecework.cli.CliException;
import dev.piecework.exit.ExitCode;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.security.GeneralSecurityException;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;

/** What the client library's exceptions mean, in words that help. */
final class BrokerFaults {
  private static final int NO_REPLY = 0;

  private BrokerFaults() {}

  static CliException notConnected(BrokerSettings settings, Throwable failure) {
    String where = "the broker at " + settings.address();
    if (failure instanceof PossibleAuthenticationFailureException) {
      return refused(
          where
              + " refuses user \""
              + settings.username()
              + "\"; check PIECEWORK_BROKER_USERNAME and PIECEWORK_BROKER_PASSWORD (or"
              + " PIECEWORK_BROKER_PASSWORD_FILE). RabbitMQ lets \"guest\" in from its own host"
              + " only");
    }
    if (replyCode(failure) == AMQP.NOT_ALLOWED) {
      return unavailable(
          where
              + " has no virtual host \""
              + settings.virtualHost()
              + "\", or user \""
              + settings.username()
              + "\" may not use it; check the last part of PIECEWORK_BROKER_URI, or --broker");
    }
    Optional<SSLException> tls = tls(failure);
    if (tls.isPresent() && root(failure) instanceof GeneralSecurityException why) {
      return unavailable(
          where
              + " shows a certificate that is not believed (TLS failed: "
              + why.getMessage()
              + "); name the file of its authority with PIECEWORK_BROKER_CA_FILE, and the host as"
              + " the certificate does");
    }
    String why =
        switch (tls.<Throwable>map(each -> each).orElse(root(failure))) {
          case UnknownHostException _ -> "no such host";
          case NoRouteToHostException _ -> "no route to it";
          case ConnectException _ -> "connection refused";
          case SocketTimeoutException _, TimeoutException _ -> "no answer in time";
          case SSLException e -> "TLS failed: " + e.getMessage();
          default -> describe(failure);
        };
    return unavailable(
        "cannot reach "
            + where
            + " ("
            + why
            + "); start it (\"piecework services\" runs one here), or say where it is with"
            + " PIECEWORK_BROKER_URI or --broker");
  }

  static CliException notDeclared(BrokerSettings settings, Throwable failure) {
    return switch (replyCode(failure)) {
      case AMQP.PRECONDITION_FAILED ->
          unavailable(
              "the broker at "
                  + settings.address()
                  + " has an exchange or queue of Piecework's name with other properties ("
                  + describe(failure)
                  + "); delete it there, or use another virtual host");
      case AMQP.ACCESS_REFUSED ->
          refused(
              "user \""
                  + settings.username()
                  + "\" may not declare Piecework's exchanges and queue at "
                  + settings.address()
                  + " ("
                  + describe(failure)
                  + "); start a worker first, which declares them, or grant it the right to"
                  + " configure piecework.*");
      default -> lost(settings, failure);
    };
  }

  static CliException lost(BrokerSettings settings, Throwable failure) {
    if (replyCode(failure) == AMQP.ACCESS_REFUSED) {
      return refused(
          "user \""
              + settings.username()
              + "\" lacks a right at "
              + settings.address()
              + " ("
              + describe(failure)
              + "); grant it the role that this command needs (docs/operations.md, \"Rights on the"
              + " broker\"), or use another user");
    }
    return unavailable(
        "lost the broker at "
            + settings.address()
            + " ("
            + describe(failure)
            + "); run the same command again, which is safe");
  }

  private static CliException unavailable(String message) {
    return new CliException(ExitCode.BROKER_UNAVAILABLE, message);
  }

  private static CliException refused(String message) {
    return new CliException(ExitCode.NO_RIGHTS, message);
  }

  /** AMQP's reply code somewhere in a failure, 0 if there is none. */
  static int replyCode(Throwable failure) {
    return signal(failure)
        .map(signal ->
            switch (signal.getReason()) {
              case AMQP.Channel.Close close -> close.getReplyCode();
              case AMQP.Connection.Close close -> close.getReplyCode();
              case null, default -> NO_REPLY;
            })
        .orElse(NO_REPLY);
  }

  static String describe(Throwable failure) {
    Optional<Method> reason = signal(failure).map(ShutdownSignalException::getReason);
    String text =
        switch (reason.orElse(null)) {
          case AMQP.Channel.Close close -> close.getReplyText();
          case AMQP.Connection.Close close -> close.getReplyText();
          case null, default ->
              Optional.ofNullable(root(failure).getMessage())
                  .orElse(root(failure).getClass().getSimpleName());
        };
    return text.lines().findFirst().orElse("no reason given");
  }

  private static Optional<ShutdownSignalException> signal(Throwable failure) {
    for (Throwable at = failure; at != null; at = at.getCause()) {
      if (at instanceof ShutdownSignalException signal) {
        return Optional.of(signal);
      }
    }
    return Optional.empty();
  }

  private static Optional<SSLException> tls(Throwable failure) {
    for (Throwable at = failure; at != null; at = at.getCause()) {
      if (at instanceof SSLException tls) {
        return Optional.of(tls);
      }
    }
    return Optional.empty();
  }

  private static Throwable root(Throwable failure) {
    Throwable at = failure;
    for (Throwable cause = at.getCause(); cause != null; cause = at.getCause()) {
      at = cause;
    }
    return at;
  }
}
