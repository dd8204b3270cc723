package dev.piecework.cli;

import dev.piecework.exit.ExitCode;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Tells which Piecework this is. */
@Command(name = "version", description = "Show the version.")
final class VersionCommand implements Callable<Integer> {
  private final CliContext context;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  boolean help;

  VersionCommand(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    context.out().println(text());
    return ExitCode.OK.code();
  }

  static String text() {
    String version =
        Optional.ofNullable(PieceworkMain.class.getPackage().getImplementationVersion())
            .orElse("(not packaged)");
    return "piecework "
        + version
        + " (Java "
        + System.getProperty("java.version")
        + ", "
        + System.getProperty("os.name")
        + " "
        + System.getProperty("os.arch")
        + ")";
  }
}
