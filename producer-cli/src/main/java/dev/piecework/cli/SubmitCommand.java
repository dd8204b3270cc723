package dev.piecework.cli;

import dev.piecework.cli.broker.BrokerSettings;
import dev.piecework.cli.broker.EventFeed;
import dev.piecework.cli.broker.JobBroker;
import dev.piecework.cli.progress.JobOutcome;
import dev.piecework.cli.progress.OutputFormat;
import dev.piecework.cli.progress.ProgressStyle;
import dev.piecework.cli.progress.ResultPrinter;
import dev.piecework.exit.ExitCode;
import dev.piecework.message.JobMessage;
import dev.piecework.message.JobMessageCodec;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Puts jobs on the queue. */
@Command(
    name = "submit",
    sortOptions = false,
    abbreviateSynopsis = true,
    description = {
      "Put torrents on the queue for the workers, one job each.",
      "Submitting the same again is safe: it stays the same job. Nothing is sent unless all is right.",
      "Whether a worker then refuses a job, because its --id stands for another, only --wait tells",
      "(exit code 16); without it \"dlq list --code ID_TAKEN\" and \"events --type refused\" show it.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  piecework submit debian.torrent --bucket data",
      "  piecework submit 'sets/**/*.torrent' --bucket data --prefix sets/ --label team=climate --wait",
      "  piecework submit https://example.org/set.torrent --bucket data --wait -o json",
      "  find . -name '*.torrent' | piecework submit - --bucket data -o name",
      "  piecework submit --file jobs.jsonl --bucket data"
    })
final class SubmitCommand implements Callable<Integer> {
  private final CliContext context;

  @Spec CommandSpec spec = CommandSpec.create();

  @Parameters(
      arity = "0..*",
      paramLabel = "SOURCE",
      description = {
        "A .torrent file (sent along), a quoted pattern of files ('sets/*.torrent'),",
        "an http(s):// URL, s3://BUCKET/KEY, a magnet: link,",
        "or - for sources on standard input, one on each line."
      })
  List<String> arguments = List.of();

  @Option(
      names = {"-f", "--file"},
      paramLabel = "FILE",
      description = {
        "Jobs as JSON messages (docs/messages.md), one on each line; - is standard input.",
        "Other options say what a line leaves out."
      })
  @Nullable Path file;

  @Mixin JobOptionFlags flags = new JobOptionFlags();

  @Option(
      names = {"-w", "--wait"},
      description = "Show progress until the jobs have ended; the exit code tells how.")
  boolean wait;

  @Option(
      names = "--timeout",
      paramLabel = "DURATION",
      converter = Quantities.DurationConverter.class,
      description = "With --wait: stop waiting after this long (45m, 2h). The jobs go on.")
  @Nullable Duration timeout;

  @Option(
      names = {"-n", "--dry-run"},
      description = {
        "Send nothing; print the messages that would be sent, in JSON, one on each line:",
        "fit for --file. With -o name the ids alone."
      })
  boolean dryRun;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      description = "table (default), json, jsonl (one job on each line) or name (ids only).")
  OutputFormat format = OutputFormat.TABLE;

  @Option(
      names = {"-q", "--quiet"},
      description = "No progress.")
  boolean quiet;

  @Mixin ReconnectOption reconnect = new ReconnectOption();

  @Mixin BrokerOptions broker = new BrokerOptions();

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  boolean help;

  SubmitCommand(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() throws InterruptedException {
    checkArguments();
    try (JobSpool jobs = new JobSpool()) {
      SubmissionInput input = new SubmissionInput(context, spec.commandLine(), flags, jobs);
      input.arguments(arguments);
      if (file != null) {
        input.file(file.toString());
      }
      if (dryRun) {
        dryRun(jobs);
        return ExitCode.OK.code();
      }
      BrokerSettings settings = broker.settings(context.environment());
      return wait ? submitAndWait(settings, jobs) : submit(settings, jobs);
    }
  }

  private void checkArguments() {
    CommandLine command = spec.commandLine();
    if (timeout != null && !wait) {
      throw new ParameterException(command, "--timeout needs --wait");
    }
    if (arguments.isEmpty() && file == null) {
      throw new ParameterException(command, "Missing required parameter: 'SOURCE' (or --file)");
    }
    if (arguments.stream().filter("-"::equals).count() + (Path.of("-").equals(file) ? 1 : 0) > 1) {
      throw new ParameterException(command, "standard input can be read only once: give one \"-\"");
    }
  }

  private void dryRun(JobSpool jobs) {
    for (JobMessage job : jobs.jobs(jobs.ids())) {
      context
          .out()
          .println(
              format == OutputFormat.NAME
                  ? job.id()
                  : new String(JobMessageCodec.encode(job), StandardCharsets.UTF_8));
    }
  }

  private int submit(BrokerSettings settings, JobSpool jobs) {
    send(settings, jobs, jobs.ids(), _ -> {});
    print(
        jobs.named().stream().map(job -> JobOutcome.submitted(job.jobId(), job.source())).toList());
    return ExitCode.OK.code();
  }

  private void send(
      BrokerSettings settings, JobSpool jobs, Collection<String> ids, Consumer<String> messageIds) {
    try (JobBroker connection = JobBroker.connect(settings, context.clock())) {
      connection.prepare();
      connection.publish(jobs.jobs(ids), messageIds);
    }
  }

  private int submitAndWait(BrokerSettings settings, JobSpool jobs) throws InterruptedException {
    List<JobOutcome> outcomes;
    JobWait waiting = new JobWait(context, quiet ? ProgressStyle.SILENT : null, jobs.named());
    try (JobBroker connection = JobBroker.connect(settings, context.clock())) {
      connection.prepare();
    }
    try (EventFeed events =
        EventFeed.open(settings, context.steadyClock(), waiting.bindings(), reconnect.patience)) {
      outcomes =
          waiting.await(
              events,
              Optional.ofNullable(timeout),
              ids -> send(settings, jobs, ids, waiting::sentAs));
    }
    print(outcomes);
    return waiting.exitCode(outcomes, format).code();
  }

  private void print(List<JobOutcome> outcomes) {
    new ResultPrinter(context.out(), Optional.empty()).print(format, outcomes);
  }
}
