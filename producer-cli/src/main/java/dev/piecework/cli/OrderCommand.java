package dev.piecework.cli;

import dev.piecework.cli.broker.ControlClient;
import dev.piecework.cli.progress.JobStatusPrinter;
import dev.piecework.cli.progress.OutputFormat;
import dev.piecework.exit.ExitCode;
import dev.piecework.message.ControlReply;
import dev.piecework.message.ControlRequest;
import dev.piecework.message.JobStatus;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * An order to jobs: all are told at once, each is reported for itself, and the first that could not
 * be done decides the exit code.
 */
abstract class OrderCommand implements Callable<Integer> {
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

  OrderCommand(CliContext context) {
    this.context = context;
  }

  /**
   * The jobs that are meant.
   *
   * @throws picocli.CommandLine.ParameterException if the arguments do not say
   */
  List<String> jobs() {
    return jobs;
  }

  /** What is asked for one job. */
  abstract ControlRequest request(String job);

  @Override
  public Integer call() throws InterruptedException {
    List<String> ids = List.copyOf(new LinkedHashSet<>(jobs()));
    List<ControlRequest> requests = ids.stream().map(this::request).toList();
    List<ControlReply.Ordered> done = new ArrayList<>();
    Optional<ExitCode> failure = Optional.empty();
    try (ControlClient client = fleet.connect(spec.commandLine(), context.environment())) {
      List<Optional<ControlReply>> replies = client.ask(requests);
      for (int i = 0; i < ids.size(); i++) {
        ExitCode result = settle(client, ids.get(i), replies.get(i), done);
        failure = failure.or(() -> Optional.of(result).filter(code -> code != ExitCode.OK));
      }
    }
    new JobStatusPrinter(context.out(), context.clock()).ordered(format, done);
    return failure.orElse(ExitCode.OK).code();
  }

  private ExitCode settle(
      ControlClient client,
      String job,
      Optional<ControlReply> reply,
      List<ControlReply.Ordered> done) {
    return switch (reply.orElse(null)) {
      case null -> {
        CliException silence = client.noAnswer();
        context.complain(job + ": " + silence.getMessage());
        yield silence.exitCode();
      }
      case ControlReply.Ordered ordered -> {
        done.add(ordered);
        if (!ordered.inEffect()) {
          context.complain(
              job
                  + ": ordered, but not in effect yet: it is "
                  + ordered.job().state()
                  + (ordered.job().worker().isEmpty() ? "" : " at " + ordered.job().worker())
                  + "; \"piecework get\" tells when");
        }
        if (ordered.job().reason().startsWith(JobStatus.LEFT_IN_STORE)) {
          context.complain(job + ": " + ordered.job().reason());
          yield ExitCode.STORE_UNAVAILABLE;
        }
        yield ordered.inEffect() ? ExitCode.OK : ExitCode.TIMEOUT;
      }
      case ControlReply.Refused refused -> {
        context.complain(refused.message());
        yield Refusals.exitCode(refused);
      }
      case ControlReply.Details _, ControlReply.Page _, ControlReply.Limits _ ->
          throw new CliException(ExitCode.INTERNAL, "a worker answered another question");
    };
  }
}
