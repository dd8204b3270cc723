package dev.piecework.cli;

import dev.piecework.cli.broker.ControlClient;
import dev.piecework.cli.progress.LimitsPrinter;
import dev.piecework.cli.progress.OutputFormat;
import dev.piecework.exit.ExitCode;
import dev.piecework.message.ControlReply.Limits;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Shows what the workers may use at most, and how much of it is in use. */
@Command(
    name = "limits",
    sortOptions = false,
    abbreviateSynopsis = true,
    description = {"Show what each worker may use at most, and how much of it is in use now.", ""},
    footerHeading = "%nExamples:%n",
    footer = {"  piecework limits", "  piecework limits --timeout 5s -o json"})
final class LimitsCommand implements Callable<Integer> {
  private static final Duration SHORTEST = Duration.ofSeconds(1);
  private static final Duration LONGEST = Duration.ofHours(1);

  private final CliContext context;

  @Spec CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--timeout",
      paramLabel = "DURATION",
      converter = Quantities.DurationConverter.class,
      description = {
        "How long to gather answers: all of it, since nobody knows how many workers there are.",
        "Default: 2s"
      })
  Duration timeout = Duration.ofSeconds(2);

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      description = "table (default), json, jsonl (one worker on each line) or name (ids only).")
  OutputFormat format = OutputFormat.TABLE;

  @Mixin BrokerOptions broker = new BrokerOptions();

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  boolean help;

  LimitsCommand(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() throws InterruptedException {
    if (timeout.compareTo(SHORTEST) < 0 || timeout.compareTo(LONGEST) > 0) {
      throw new ParameterException(
          spec.commandLine(), "--timeout is out of range: expected 1s to 1h");
    }
    List<Limits> workers;
    try (ControlClient client =
        ControlClient.connect(broker.settings(context.environment()), timeout)) {
      workers = client.askAllForLimits();
      if (workers.isEmpty()) {
        throw client.noLimits();
      }
    }
    new LimitsPrinter(context.out())
        .print(format, workers.stream().sorted(Comparator.comparing(Limits::worker)).toList());
    return ExitCode.OK.code();
  }
}
