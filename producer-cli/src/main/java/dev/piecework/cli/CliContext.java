package dev.piecework.cli;

import dev.piecework.cli.progress.ProgressStyle;
import dev.piecework.cli.progress.Terminal;
import java.io.PrintStream;
import java.time.InstantSource;
import java.util.Map;
import java.util.function.IntSupplier;
import java.util.function.Supplier;

/**
 * The world around a command.
 *
 * @param out standard output: the result, nothing else
 * @param err standard error: progress and complaints
 * @param environment variables
 * @param clock the time
 * @param progressStyle how to show progress; asked only when there is some
 * @param terminalWidth columns; asked only when there is a terminal
 */
public record CliContext(
    PrintStream out,
    PrintStream err,
    Map<String, String> environment,
    InstantSource clock,
    Supplier<ProgressStyle> progressStyle,
    IntSupplier terminalWidth) {

  /** This process. */
  public static CliContext ofProcess() {
    Terminal terminal = new Terminal(System.getenv());
    return new CliContext(
        System.out,
        System.err,
        System.getenv(),
        InstantSource.system(),
        terminal::style,
        terminal::width);
  }
}
