package dev.piecework.cli;

import dev.piecework.cli.broker.BrokerSettings;
import dev.piecework.cli.broker.JobBroker;
import dev.piecework.cli.broker.JobEvents;
import dev.piecework.cli.progress.JobOutcome;
import dev.piecework.cli.progress.OutputFormat;
import dev.piecework.cli.progress.ProgressStyle;
import dev.piecework.cli.progress.ResultPrinter;
import dev.piecework.exit.ExitCode;
import dev.piecework.message.JobMessage;
import dev.piecework.message.JobMessageCodec;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
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
      "Submitting the same again is safe: it stays the same job.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  piecework submit debian.torrent --bucket data",
      "  piecework submit sets/*.torrent --bucket data --prefix sets/ --label team=climate --wait",
      "  piecework submit https://example.org/set.torrent --bucket data --wait -o json"
    })
final class SubmitCommand implements Callable<Integer> {
  private final CliContext context;

  @Spec CommandSpec spec = CommandSpec.create();

  @Parameters(
      arity = "1..*",
      paramLabel = "SOURCE",
      description =
          "A .torrent file (sent along), an http(s):// URL, s3://BUCKET/KEY, or a magnet: link.")
  List<String> arguments = List.of();

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
      description = "Send nothing; print the messages that would be sent, in JSON, one per line.")
  boolean dryRun;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      description = "table (default) or json.")
  OutputFormat format = OutputFormat.TABLE;

  @Option(
      names = {"-q", "--quiet"},
      description = "No progress.")
  boolean quiet;

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
    if (timeout != null && !wait) {
      throw new ParameterException(spec.commandLine(), "--timeout needs --wait");
    }
    Map<String, JobMessage> bySource = flags.jobs(spec.commandLine(), arguments);
    List<JobMessage> jobs = bySource.values().stream().distinct().toList();
    if (dryRun) {
      jobs.forEach(job ->
          context.out().println(new String(JobMessageCodec.encode(job), StandardCharsets.UTF_8)));
      return ExitCode.OK.code();
    }
    BrokerSettings settings = broker.settings(context.environment());
    try (JobBroker connection = JobBroker.connect(settings, context.clock())) {
      connection.prepare();
      if (!wait) {
        connection.publish(jobs);
        print(
            bySource.entrySet().stream()
                .map(job -> JobOutcome.submitted(job.getValue().id(), job.getKey()))
                .toList());
        return ExitCode.OK.code();
      }
      JobEvents events = connection.listen(jobs.stream().map(JobMessage::id).toList());
      connection.publish(jobs);
      JobWait waiting = new JobWait(context, quiet ? ProgressStyle.SILENT : null, bySource);
      List<JobOutcome> outcomes = waiting.await(events, Optional.ofNullable(timeout));
      print(outcomes);
      return waiting.exitCode(outcomes, format).code();
    }
  }

  private void print(List<JobOutcome> outcomes) {
    new ResultPrinter(context.out(), Optional.empty()).print(format, outcomes);
  }
}
