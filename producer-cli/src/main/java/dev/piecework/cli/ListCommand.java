package dev.piecework.cli;

import dev.piecework.cli.broker.ControlClient;
import dev.piecework.cli.progress.JobStatusPrinter;
import dev.piecework.cli.progress.OutputFormat;
import dev.piecework.exit.ExitCode;
import dev.piecework.message.ControlReply;
import dev.piecework.message.ControlRequest.ListJobs;
import dev.piecework.message.JobStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Lists jobs. */
@Command(
    name = "list",
    sortOptions = false,
    abbreviateSynopsis = true,
    description = {"List jobs, oldest first, as a worker finds them in the database.", ""},
    footerHeading = "%nExamples:%n",
    footer = {
      "  piecework list",
      "  piecework list --state running,retrying --label team=climate",
      "  piecework list --state failed -o json"
    })
final class ListCommand implements Callable<Integer> {
  private static final int PAGE = 500;

  private final CliContext context;

  @Spec CommandSpec spec = CommandSpec.create();

  @Option(
      names = {"-s", "--state"},
      paramLabel = "STATE",
      split = ",",
      description = {
        "Only jobs in these states: queued, running, retrying, seeding, paused, completed,",
        "failed, cancelling, cancelled."
      })
  List<String> states = List.of();

  @Option(
      names = {"-l", "--label"},
      paramLabel = "NAME=VALUE",
      description = "Only jobs with this label; of several, with all of them.")
  Map<String, String> labels = Map.of();

  @Option(names = "--limit", paramLabel = "COUNT", description = "At most this many. Default: all")
  int limit = Integer.MAX_VALUE;

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

  ListCommand(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() throws InterruptedException {
    if (limit < 1) {
      throw new ParameterException(
          spec.commandLine(), "--limit is " + limit + ": expected 1 or more");
    }
    List<JobStatus> jobs = new ArrayList<>();
    try (ControlClient client = fleet.connect(spec.commandLine(), context.environment())) {
      boolean more = true;
      while (more && jobs.size() < limit) {
        ControlReply.Page page = page(client, jobs);
        jobs.addAll(page.jobs());
        more = page.more();
      }
    }
    new JobStatusPrinter(context.out(), context.clock()).list(format, jobs);
    return ExitCode.OK.code();
  }

  private ControlReply.Page page(ControlClient client, List<JobStatus> before)
      throws InterruptedException {
    ListJobs question =
        new ListJobs(
            states.stream().map(state -> state.strip().toLowerCase(Locale.ROOT)).toList(),
            labels,
            Math.min(PAGE, limit - before.size()),
            before.isEmpty() ? Optional.empty() : Optional.of(before.getLast().id()));
    return switch (client.ask(question)) {
      case ControlReply.Page page -> page;
      case ControlReply.Refused refused -> throw Refusals.exception(refused);
      case ControlReply.Details _, ControlReply.Ordered _, ControlReply.Limits _ ->
          throw new CliException(ExitCode.INTERNAL, "a worker answered another question");
    };
  }
}
