package dev.piecework.cli;

import dev.piecework.exit.ExitCode;
import dev.piecework.message.ControlReply.Refused;

/** What a worker's refusal means for the exit code. */
final class Refusals {
  private Refusals() {}

  static ExitCode exitCode(Refused refused) {
    return switch (refused.code()) {
      case NOT_FOUND -> ExitCode.NOT_FOUND;
      case CONFLICT -> ExitCode.CONFLICT;
      case INVALID, UNSUPPORTED -> ExitCode.USAGE;
      case UNAVAILABLE -> ExitCode.DATABASE_UNAVAILABLE;
      case OTHER -> ExitCode.INTERNAL;
    };
  }

  static CliException exception(Refused refused) {
    return new CliException(exitCode(refused), refused.message());
  }
}
