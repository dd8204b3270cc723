package dev.piecework.cli;

import dev.piecework.cli.broker.ControlClient;
import dev.piecework.cli.progress.JobStatusPrinter;
import dev.piecework.cli.progress.OutputFormat;
import dev.piecework.exit.ExitCode;
import dev.piecework.message.ControlReply;
import dev.piecework.message.ControlRequest;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Shows jobs in full. */
@Command(
    name = "get",
    sortOptions = false,
    abbreviateSynopsis = true,
    description = {"Show how jobs stand, and every change of their state: when, why, who.", ""},
    footerHeading = "%nExamples:%n",
    footer = {"  piecework get era5-2026", "  piecework get era5-2026 -o json"})
final class GetCommand implements Callable<Integer> {
  private final CliContext context;

  @Spec CommandSpec spec = CommandSpec.create();

  @Parameters(arity = "1..*", paramLabel = "JOB", description = "Ids of jobs.")
  List<String> jobs = List.of();

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      description = "table (default), json, jsonl (one job on each line) or name (ids only).")
  OutputFormat format = OutputFormat.TABLE;

  @Mixin FleetOptions fleet = new FleetOptions();

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  boolean help;

  GetCommand(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() throws InterruptedException {
    List<ControlRequest.GetJob> questions =
        new LinkedHashSet<>(jobs).stream().map(ControlRequest.GetJob::new).toList();
    List<ControlReply.Details> found = new ArrayList<>();
    Optional<ExitCode> failure = Optional.empty();
    try (ControlClient client = fleet.connect(spec.commandLine(), context.environment())) {
      for (Optional<ControlReply> reply : client.ask(questions)) {
        switch (reply.orElseThrow(client::noAnswer)) {
          case ControlReply.Details details -> found.add(details);
          case ControlReply.Refused refused -> {
            context.complain(refused.message());
            failure = failure.or(() -> Optional.of(Refusals.exitCode(refused)));
          }
          case ControlReply.Page _, ControlReply.Ordered _, ControlReply.Limits _ ->
              throw new CliException(ExitCode.INTERNAL, "a worker answered another question");
        }
      }
    }
    new JobStatusPrinter(context.out(), context.clock()).details(format, found);
    return failure.orElse(ExitCode.OK).code();
  }
}
