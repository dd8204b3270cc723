package dev.piecework.cli;

import dev.piecework.cli.progress.ProgressStyle;
import dev.piecework.cli.progress.Screen;
import dev.piecework.cli.progress.Table;
import dev.piecework.cli.progress.Terminal;
import java.io.InputStream;
import java.io.PrintStream;
import java.time.InstantSource;
import java.util.Map;
import java.util.function.IntSupplier;
import java.util.function.Supplier;

/**
 * The world around a command.
 *
 * @param in standard input
 * @param out standard output: the result, nothing else
 * @param err standard error: progress and complaints
 * @param environment variables
 * @param clock the time of day, to be shown and sent
 * @param steadyClock for time that passes: deadlines, intervals, patience
 * @param progressStyle how to show progress; asked only when there is some
 * @param terminalWidth columns; asked only when there is a terminal
 * @param screen what standard output is connected to
 */
public record CliContext(
    InputStream in,
    PrintStream out,
    PrintStream err,
    Map<String, String> environment,
    InstantSource clock,
    InstantSource steadyClock,
    Supplier<ProgressStyle> progressStyle,
    IntSupplier terminalWidth,
    Screen screen) {

  /** The same world with other environment variables. */
  CliContext withEnvironment(Map<String, String> other) {
    return new CliContext(
        in, out, err, other, clock, steadyClock, progressStyle, terminalWidth, screen);
  }

  /** Says on standard error what is wrong. */
  public void complain(String problem) {
    err.println(Table.harmless("piecework: " + problem));
  }

  /** This process. */
  public static CliContext ofProcess() {
    Terminal terminal = Terminal.ofError(System.getenv());
    return new CliContext(
        System.in,
        System.out,
        System.err,
        System.getenv(),
        InstantSource.system(),
        SteadyClock.start(),
        terminal::style,
        terminal::width,
        Terminal.ofOutput(System.getenv()));
  }
}
