package dev.piecework.worker.start;

import dev.piecework.exit.ExitCode;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;

/** Finds, in what a framework threw at the start, the one line that helps. */
public final class StartFailures {
  private StartFailures() {}

  /** What went wrong, as an exception with an exit code. */
  public static WorkerStartException explain(Throwable thrown) {
    Throwable root = thrown;
    BindException binding = null;
    for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
      if (cause instanceof WorkerStartException start) {
        return start;
      }
      if (cause instanceof BindException bind) {
        binding = bind;
      } else if (binding != null && oneLine(cause).startsWith("piecework.")) {
        // A check of our own, which names the setting.
        return new WorkerStartException(ExitCode.BAD_CONFIGURATION, oneLine(cause), thrown);
      }
      root = cause;
    }
    if (binding == null && ours(thrown) instanceof Exception own) {
      return new WorkerStartException(ExitCode.BAD_CONFIGURATION, oneLine(own), thrown);
    }
    String message = oneLine(root);
    if (binding != null) {
      return new WorkerStartException(
          ExitCode.BAD_CONFIGURATION, setting(binding.getName(), message), thrown);
    }
    return new WorkerStartException(
        ExitCode.INTERNAL,
        "the worker could not start: %s: %s".formatted(root.getClass().getSimpleName(), message),
        thrown);
  }

  /** The outermost exception that says what a part of Piecework could not do with its settings. */
  private static @Nullable Throwable ours(Throwable thrown) {
    Throwable cause = thrown;
    while (cause != null && cause.getClass().getName().startsWith("org.springframework.")) {
      cause = cause.getCause();
    }
    boolean explains =
        cause instanceof IllegalStateException
            || cause instanceof IllegalArgumentException
            || (cause != null && cause.getClass().getName().startsWith("dev.piecework."));
    return explains ? cause : null;
  }

  /** The innermost message, or the exception's name where it has none, without line breaks. */
  public static String oneLine(Throwable thrown) {
    String message = thrown.getMessage();
    return (message == null ? thrown.getClass().getSimpleName() : message)
        .replaceAll("\\s+", " ")
        .strip();
  }

  private static String setting(ConfigurationPropertyName name, String message) {
    // What the JDK says of a text that is no number tells nobody what was expected.
    String problem =
        message.startsWith("For input string: ")
            ? message.substring("For input string: ".length()) + " is not a number"
            : message;
    return "%s (%s) is wrong: %s; docs/configuration.md lists every setting"
        .formatted(
            name,
            name.toString().toUpperCase(java.util.Locale.ROOT).replaceAll("[.-]", "_"),
            problem);
  }
}
