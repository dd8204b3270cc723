package dev.piecework.cli;

import dev.piecework.exit.ExitCode;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What stands before the first word. */
@Command(
    name = "piecework",
    description = {"Turns torrents into objects in a bucket.", ""},
    synopsisHeading = "Usage: ",
    customSynopsis = "piecework COMMAND [OPTION...] [ARGUMENT...]",
    footerHeading = "%nExamples:%n",
    footer = {
      "  piecework run debian.torrent --to ./downloads",
      "  piecework submit sets/*.torrent --bucket data --prefix sets/ --wait",
      "  piecework inspect debian.torrent -o json",
      "",
      "\"piecework COMMAND --help\" tells more."
    })
final class PieceworkCommand implements Callable<Integer> {
  private final CliContext context;

  @Spec CommandSpec spec = CommandSpec.create();

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  boolean help;

  @Option(
      names = {"-V", "--version"},
      description = "Show the version.")
  boolean version;

  PieceworkCommand(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    if (!version) {
      throw new ParameterException(spec.commandLine(), "no command given");
    }
    context.out().println(VersionCommand.text());
    return ExitCode.OK.code();
  }
}
