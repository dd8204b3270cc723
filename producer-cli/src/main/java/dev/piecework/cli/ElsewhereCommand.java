package dev.piecework.cli;

import dev.piecework.exit.ExitCode;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** Says where a command is, to whoever started this jar and not the launcher. */
@Command
final class ElsewhereCommand implements Callable<Integer> {
  private final Elsewhere command;

  ElsewhereCommand(Elsewhere command) {
    this.command = command;
  }

  @Override
  public Integer call() {
    throw new CliException(
        ExitCode.USAGE,
        "\""
            + command.commandName()
            + "\" is in "
            + command.program()
            + ".jar, not in this one; use the launcher script: ./piecework "
            + command.commandName());
  }
}
