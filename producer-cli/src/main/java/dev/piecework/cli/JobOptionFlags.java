package dev.piecework.cli;

import dev.piecework.exit.ExitCode;
import dev.piecework.message.Destination;
import dev.piecework.message.JobDefaults;
import dev.piecework.message.JobId;
import dev.piecework.message.JobMessage;
import dev.piecework.message.JobOptions;
import dev.piecework.message.JobRules;
import dev.piecework.message.JobSource;
import dev.piecework.message.MessageException;
import dev.piecework.message.OnExisting;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** Options that say what a job is; makes the jobs, and complains in the options' own names. */
final class JobOptionFlags {
  @Option(
      names = {"-b", "--bucket"},
      paramLabel = "BUCKET",
      description = {
        "An existing bucket for the objects. Needed, unless each line of --file has one.",
        "Environment: PIECEWORK_BUCKET. Configuration: bucket."
      })
  @Nullable String bucket;

  @Option(
      names = {"-p", "--prefix"},
      paramLabel = "PREFIX",
      description = {
        "Put in front of every key as it stands; usually ends in a slash.",
        "Environment: PIECEWORK_PREFIX. Configuration: prefix."
      })
  @Nullable String prefix;

  @Option(
      names = "--key-template",
      paramLabel = "TEMPLATE",
      description = {
        "How keys are made: text, {prefix}, {name}, {path}, {file}, {infohash}, {job} and",
        "{label:NAME}, with {path} or {file} among them. Default: {prefix}{path}"
      })
  @Nullable String keyTemplate;

  @Option(
      names = "--id",
      paramLabel = "ID",
      description =
          "The job's id, for one SOURCE. Default: a hash of source, destination and seed options.")
  @Nullable String id;

  @Option(
      names = {"-l", "--label"},
      paramLabel = "NAME=VALUE",
      description = "Repeated in every event of the job. May be given several times.")
  Map<String, String> labels = Map.of();

  @Option(
      names = "--priority",
      paramLabel = "0-9",
      description = "Higher first, where the broker supports it. Default: 0")
  int priority;

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
      names = "--download-limit",
      paramLabel = "RATE",
      converter = Quantities.RateConverter.class,
      description = "Most bytes per second from peers (500k, 10MiB). Default: no limit")
  long downloadLimit;

  @Option(
      names = "--upload-limit",
      paramLabel = "RATE",
      converter = Quantities.RateConverter.class,
      description = "Most bytes per second to peers. Default: no limit")
  long uploadLimit;

  @Option(
      names = "--max-attempts",
      paramLabel = "COUNT",
      description = "Attempts before a passing fault is final. Default: the workers' own")
  @Nullable Integer maxAttempts;

  @Option(
      names = "--on-existing",
      paramLabel = "ANSWER",
      completionCandidates = OnExistingAnswers.class,
      converter = OnExistingAnswers.class,
      description = {
        "Where an object is in the place of one of the job's: overwrite it; skip what is proven",
        "to be the same content; fail before anything is written. Default: the workers' own"
      })
  @Nullable OnExisting onExisting;

  @Option(
      names = "--deadline",
      paramLabel = "DURATION",
      converter = Quantities.DurationConverter.class,
      description = {
        "The job fails for good if it is not complete this long after it was accepted, wherever it",
        "stands (45m, 2h, 1d). Default: the workers' own, if they have one"
      })
  @Nullable Duration deadline;

  /**
   * What a job gets where nothing else is said.
   *
   * @throws ParameterException when an option breaks a rule
   */
  JobDefaults defaults(CommandLine command) {
    JobDefaults defaults =
        new JobDefaults(
            Optional.ofNullable(bucket),
            Optional.ofNullable(prefix),
            Optional.ofNullable(keyTemplate),
            options());
    // A source that breaks no rule, so that what is complained about is an option.
    JobSource any = new JobSource.Url(URI.create("https://example.org/"));
    // Without the template: it may ask for labels that each line of --file brings along.
    Destination place = new Destination(destination().bucket(), destination().prefix());
    check(command, "", new JobMessage(JobMessage.VERSION, "any", any, place, options()));
    return defaults;
  }

  private JobOptions options() {
    return new JobOptions(
        priority,
        Optional.ofNullable(seedRatio),
        Optional.ofNullable(seedTime),
        peers,
        Optional.ofNullable(maxAttempts),
        Optional.ofNullable(deadline),
        downloadLimit,
        uploadLimit,
        Optional.ofNullable(onExisting),
        labels);
  }

  private Destination destination() {
    return new Destination(
        Objects.requireNonNullElse(bucket, "any"),
        Objects.requireNonNullElse(prefix, ""),
        Optional.ofNullable(keyTemplate));
  }

  /** The job that an argument which names a source stands for. */
  JobMessage job(CommandLine command, String argument) {
    if (bucket == null) {
      throw new ParameterException(command, "Missing required option: '--bucket=BUCKET'");
    }
    JobSource source = Sources.parse(argument);
    Destination destination = destination();
    JobOptions options = options();
    String jobId = id == null ? JobId.of(source, destination, options) : id;
    JobMessage job = new JobMessage(JobMessage.VERSION, jobId, source, destination, options);
    check(command, argument, job);
    return job;
  }

  private static void check(CommandLine command, String argument, JobMessage job) {
    try {
      JobRules.check(job);
    } catch (MessageException e) {
      throw complaint(command, argument, e);
    }
  }

  private static RuntimeException complaint(
      CommandLine command, String argument, MessageException e) {
    String problem = e.problem() + ": expected " + e.expected();
    if (e.path().startsWith("$.source")) {
      // A URL may hold a password, so it is not repeated.
      String name = argument.contains("://") ? "the source" : argument;
      return new CliException(ExitCode.BAD_SOURCE, name + " " + problem);
    }
    return new ParameterException(command, option(e.path()) + " " + problem);
  }

  private static String option(String path) {
    String name = path.replaceFirst("^\\$\\.(destination\\.|options\\.)?", "");
    return switch (name.replaceFirst("[.\\[].*", "")) {
      case "seedRatio" -> "--seed-ratio";
      case "seedTime" -> "--seed-time";
      case "maxAttempts" -> "--max-attempts";
      case "downloadBytesPerSecond" -> "--download-limit";
      case "uploadBytesPerSecond" -> "--upload-limit";
      case "peers" -> "--peer";
      case "onExisting" -> "--on-existing";
      case "keyTemplate" -> "--key-template";
      case "labels" -> "--label";
      case String same -> "--" + same;
    };
  }
}
