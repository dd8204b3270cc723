package dev.piecework.standalone.run;

import dev.piecework.cli.CliContext;
import dev.piecework.cli.CliException;
import dev.piecework.cli.Quantities;
import dev.piecework.cli.progress.JobOutcome;
import dev.piecework.cli.progress.OutputFormat;
import dev.piecework.cli.progress.ResultPrinter;
import dev.piecework.exit.ExitCode;
import dev.piecework.message.EventData.Completed;
import dev.piecework.message.EventData.Failed;
import dev.piecework.message.JobEvent;
import dev.piecework.message.JobMessage;
import dev.piecework.message.JobOptions;
import dev.piecework.message.JobRules;
import dev.piecework.message.MessageException;
import dev.piecework.standalone.StandaloneLogging;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code piecework run}: sources in, files out. */
@Command(
    name = "run",
    description = {
      "Downloads torrents into a folder, with broker, database, object store and worker in this one",
      "process. Ctrl-C stops it within seconds; the same command goes on where it was.",
      ""
    },
    sortOptions = false)
public final class RunCommand implements Callable<Integer> {
  /** How long a stop may take before the process ends all the same. */
  private static final Duration STOP_PATIENCE = Duration.ofSeconds(30);

  private final CliContext context;

  @Spec picocli.CommandLine.Model.CommandSpec spec = picocli.CommandLine.Model.CommandSpec.create();

  @Parameters(
      arity = "1..*",
      paramLabel = "SOURCE",
      description = "A torrent file, an http(s) URL of one, or a magnet link.")
  List<String> sources = List.of();

  @Option(
      names = "--to",
      paramLabel = "DIR",
      description =
          "Folder for the content: DIR/<name>, or DIR/<name>/<path> where there are several files."
              + " Made if missing; keeps its state in DIR/.piecework. Default: the current folder")
  Path to = Path.of("");

  @Option(
      names = "--peer",
      paramLabel = "HOST:PORT",
      description = "A peer to try beside what the trackers name. May be given several times.")
  List<String> peers = List.of();

  @Option(
      names = "--seed-ratio",
      paramLabel = "RATIO",
      description = "When done, seed until this many times the size has been sent.")
  @Nullable Double seedRatio;

  @Option(
      names = "--seed-time",
      paramLabel = "DURATION",
      converter = Quantities.DurationConverter.class,
      description = "When done, seed for at most this long (45m, 2h, 1d).")
  @Nullable Duration seedTime;

  @Option(
      names = "--patience",
      paramLabel = "DURATION",
      converter = Quantities.DurationConverter.class,
      description = "Give up after this long without progress. Default: 5m")
  Duration patience = Duration.ofMinutes(5);

  @Option(
      names = "--no-peers-timeout",
      paramLabel = "DURATION",
      converter = Quantities.DurationConverter.class,
      description = "Stop when not one peer has been reached for this long. Default: 2m")
  Duration noPeersTimeout = Duration.ofMinutes(2);

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      description =
          "Form of the result on standard output: table (default), json, jsonl or name (ids only).")
  OutputFormat output = OutputFormat.TABLE;

  @Option(
      names = {"-v", "--verbose"},
      description = "Show log lines; otherwise they go to DIR/.piecework/log.")
  boolean verbose;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  boolean help;

  /** In this process. */
  public RunCommand(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() throws InterruptedException, IOException {
    RunOptions options = options();
    // All are read before anything begins, so that a misspelt one is known at once.
    List<RunJob> jobs = new ArrayList<>();
    for (String text : options.sources()) {
      RunJob job = RunJob.first(RunSource.read(text), options.job());
      check(job.message());
      if (jobs.stream().noneMatch(other -> other.id().equals(job.id()))) {
        jobs.add(job);
      }
    }
    try (Interruption interruption = Interruption.install(STOP_PATIENCE);
        RunFolder folder = RunFolder.open(options.to())) {
      if (options.verbose()) {
        StandaloneLogging.toStandardError();
      } else {
        StandaloneLogging.toFile(folder.state("log/piecework.log"));
      }
      return run(jobs, options, folder, interruption).code();
    }
  }

  private ExitCode run(
      List<RunJob> jobs, RunOptions options, RunFolder folder, Interruption interruption)
      throws InterruptedException, IOException {
    CompletedRecord record = new CompletedRecord(folder);
    Map<String, JobEvent> ended = new HashMap<>();
    List<RunJob> todo = new ArrayList<>();
    for (RunJob job : jobs) {
      Standing standing = Standing.of(job, record, context.err());
      standing.completed().ifPresent(event -> ended.put(job.id(), event));
      standing.todo().ifPresent(todo::add);
    }
    Optional<String> abandoned = Optional.empty();
    if (!todo.isEmpty()) {
      RunSession session = new RunSession(context, folder, options, interruption);
      Map<String, JobEvent> now = session.run(todo);
      abandoned = session.abandoned();
      for (RunJob job : todo) {
        JobEvent event = now.get(job.id());
        if (event != null && event.data() instanceof Completed) {
          record.keep(job, event);
        }
        if (event != null) {
          ended.put(job.id(), event);
        }
      }
    }
    List<JobOutcome> outcomes = new ArrayList<>();
    for (RunJob job : jobs) {
      RunJob done =
          todo.stream()
              .filter(other -> other.source().equals(job.source()))
              .findFirst()
              .orElse(job);
      outcomes.add(
          new JobOutcome(
              done.id(), job.source().text(), Optional.ofNullable(ended.get(done.id()))));
    }
    if (abandoned.isPresent()) {
      if (!ended.isEmpty()) {
        new ResultPrinter(context.out(), Optional.of(folder.content()))
            .print(options.output(), outcomes);
      }
      context.err().println("piecework: " + abandoned.get());
      return ExitCode.NO_PEERS;
    }
    boolean unfinished = outcomes.stream().anyMatch(outcome -> outcome.finalEvent().isEmpty());
    if (unfinished) {
      context
          .err()
          .println(
              "piecework: stopped; what is here is kept, and the same command goes on from it");
      return ExitCode.INTERRUPTED;
    }
    new ResultPrinter(context.out(), Optional.of(folder.content()))
        .print(options.output(), outcomes);
    HiddenNames.tell(ended.values(), context);
    return exitCode(outcomes, folder);
  }

  private ExitCode exitCode(List<JobOutcome> outcomes, RunFolder folder) {
    ExitCode code = ExitCode.OK;
    for (JobOutcome outcome : outcomes) {
      if (outcome.finalEvent().map(JobEvent::data).orElse(null) instanceof Failed failed) {
        if (output != OutputFormat.TABLE) {
          // A table has said so already.
          context
              .err()
              .println(
                  "piecework: %s: %s: %s"
                      .formatted(outcome.source(), failed.code(), failed.reason()));
        }
        if (code == ExitCode.OK) {
          // What is in the way is the user's to move, as it is when it is noticed beforehand.
          boolean inTheWay = failed.code().equals("DESTINATION_REFUSED") && folder.own().refused();
          code = inTheWay ? ExitCode.USAGE : exitCode(failed.code());
        }
      } else if (!outcome.state().equals("completed")) {
        code = ExitCode.JOB_FAILED;
      }
    }
    return code;
  }

  private static ExitCode exitCode(String fault) {
    return switch (fault) {
      case "INVALID_METAINFO", "SOURCE_REFUSED", "SOURCE_UNAVAILABLE", "SOURCE_UNSUPPORTED" ->
          ExitCode.BAD_SOURCE;
      case "DESTINATION_REFUSED", "STORE_UNAVAILABLE", "SCRATCH_FAILED" ->
          ExitCode.STORE_UNAVAILABLE;
      default -> ExitCode.JOB_FAILED;
    };
  }

  private RunOptions options() {
    atLeastOneSecond("--patience", patience);
    atLeastOneSecond("--no-peers-timeout", noPeersTimeout);
    return new RunOptions(
        sources,
        to,
        new JobOptions(
            0,
            Optional.ofNullable(seedRatio),
            Optional.ofNullable(seedTime),
            peers,
            Optional.empty(),
            0,
            0,
            Optional.empty(),
            Map.of()),
        patience,
        noPeersTimeout,
        output,
        verbose);
  }

  private void atLeastOneSecond(String option, Duration value) {
    if (value.compareTo(Duration.ofSeconds(1)) < 0) {
      throw new ParameterException(
          spec.commandLine(), option + " is " + value + ": expected 1s or more");
    }
  }

  private void check(JobMessage message) {
    try {
      JobRules.check(message);
    } catch (MessageException e) {
      String option =
          e.path().contains("peers")
              ? "--peer"
              : e.path().contains("seedRatio")
                  ? "--seed-ratio"
                  : e.path().contains("seedTime") ? "--seed-time" : "SOURCE";
      throw option.equals("SOURCE")
          ? new CliException(
              ExitCode.BAD_SOURCE, "the source " + e.problem() + ": expected " + e.expected())
          : new ParameterException(
              spec.commandLine(), option + " " + e.problem() + ": expected " + e.expected());
    }
  }
}
