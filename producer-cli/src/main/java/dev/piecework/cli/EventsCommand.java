package dev.piecework.cli;

import dev.piecework.cli.broker.BrokerSettings;
import dev.piecework.cli.broker.EventFeed;
import dev.piecework.cli.broker.News;
import dev.piecework.cli.progress.EventPrinter;
import dev.piecework.cli.progress.Human;
import dev.piecework.cli.progress.OutputFormat;
import dev.piecework.exit.ExitCode;
import dev.piecework.message.EventType;
import dev.piecework.message.JobEvent;
import dev.piecework.message.JobStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Prints events as they happen. */
@Command(
    name = "events",
    sortOptions = false,
    abbreviateSynopsis = true,
    description = {
      "Print the events of all jobs, or of some, as they happen.",
      "Begins now; goes on until Ctrl-C, or --count, --until-final or --timeout.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  piecework events",
      "  piecework events --type failed --type retrying",
      "  piecework events era5-2026 --progress --until-final",
      "  piecework events --type completed -o jsonl | jq -r '.data.manifestKey'"
    })
final class EventsCommand implements Callable<Integer> {
  private static final Duration TICK = Duration.ofMillis(200);

  private final CliContext context;

  @Spec CommandSpec spec = CommandSpec.create();

  @Parameters(arity = "0..*", paramLabel = "JOB", description = "Ids of jobs. Default: all jobs")
  List<String> jobIds = List.of();

  @Option(
      names = {"-t", "--type"},
      paramLabel = "TYPE",
      completionCandidates = EventTypes.class,
      converter = EventTypes.class,
      description = {
        "Only events of this type; may be given several times:",
        "accepted, started, metadata, progress, file-uploaded, completed, failed, retrying,",
        "handed-back, seeding, paused, resumed, cancelled. Default: all but progress"
      })
  List<EventType> types = List.of();

  @Option(
      names = "--progress",
      description = "Progress too, which comes for each running job every second or two.")
  boolean progress;

  @Option(
      names = "--until-final",
      description = {
        "End when each JOB has completed, failed or been cancelled; the exit code tells how.",
        "At once if they have already."
      })
  boolean untilFinal;

  @Option(names = "--count", paramLabel = "COUNT", description = "End after this many events.")
  @Nullable Long count;

  @Option(
      names = "--timeout",
      paramLabel = "DURATION",
      converter = Quantities.DurationConverter.class,
      description = "End after this long (45m, 2h).")
  @Nullable Duration timeout;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      description = {
        "table (default), jsonl (the CloudEvents as they came, one on each line),",
        "json (the same) or name (the jobs' ids)."
      })
  OutputFormat format = OutputFormat.TABLE;

  @Mixin ReconnectOption reconnect = new ReconnectOption();

  @Mixin BrokerOptions broker = new BrokerOptions();

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  boolean help;

  EventsCommand(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() throws InterruptedException {
    if (untilFinal && jobIds.isEmpty()) {
      throw new ParameterException(spec.commandLine(), "--until-final needs the ids of jobs");
    }
    if (count != null && count < 1) {
      throw new ParameterException(
          spec.commandLine(), "--count is " + count + ": expected 1 or more");
    }
    jobIds.forEach(id -> JobIds.check(spec.commandLine(), id));
    BrokerSettings settings = broker.settings(context.environment());
    try (EventFeed feed =
            EventFeed.open(settings, context.steadyClock(), bindings(), reconnect.patience);
        EndedAlready ended = new EndedAlready(settings)) {
      if (context.progressStyle().get().live()) {
        context.err().println("following events; Ctrl-C ends");
      }
      if (untilFinal) {
        // Only now: what ends from here on is heard of.
        ended.ask(jobIds);
      }
      return follow(feed, ended).code();
    }
  }

  private Set<EventType> shown() {
    if (types.isEmpty()) {
      return progress
          ? EnumSet.allOf(EventType.class)
          : EnumSet.complementOf(EnumSet.of(EventType.PROGRESS));
    }
    EnumSet<EventType> shown = EnumSet.copyOf(types);
    if (progress) {
      shown.add(EventType.PROGRESS);
    }
    return shown;
  }

  private List<String> bindings() {
    Set<EventType> wanted = EnumSet.copyOf(shown());
    if (untilFinal) {
      EnumSet.allOf(EventType.class).stream().filter(EventType::isFinal).forEach(wanted::add);
    }
    List<String> bindings = new ArrayList<>();
    for (EventType type : wanted) {
      for (String jobId : jobIds.isEmpty() ? List.of("*") : jobIds) {
        bindings.add("job." + type.wireName() + "." + jobId);
      }
    }
    return bindings;
  }

  private ExitCode follow(EventFeed feed, EndedAlready ended) throws InterruptedException {
    Optional<Instant> deadline =
        Optional.ofNullable(timeout).map(context.steadyClock().instant()::plus);
    EventPrinter printer = new EventPrinter(context.out(), format);
    Set<EventType> shown = shown();
    Set<String> waiting = new LinkedHashSet<>(jobIds);
    boolean failed = false;
    while (deadline.filter(end -> !context.steadyClock().instant().isBefore(end)).isEmpty()) {
      for (JobStatus job : ended.take()) {
        if (waiting.remove(job.id())) {
          context.complain("%s is %s already".formatted(job.id(), job.state()));
          failed |= !EndedAlready.well(job);
        }
      }
      ended
          .takeProblem()
          .ifPresent(problem ->
              context.complain("how the jobs stand is not known; waiting for events: " + problem));
      if (untilFinal && waiting.isEmpty()) {
        return failed ? ExitCode.JOB_FAILED : ExitCode.OK;
      }
      Optional<News> news = feed.await(TICK);
      if (news.isEmpty()) {
        continue;
      }
      switch (news.get()) {
        case News.Event(String body, Optional<JobEvent> known) -> {
          if (known.isEmpty()) {
            continue;
          }
          JobEvent event = known.get();
          if (shown.contains(event.type())) {
            printer.print(event, body);
          }
          if (untilFinal && event.type().isFinal() && waiting.remove(event.jobId())) {
            failed |= event.type() != EventType.COMPLETED;
          }
        }
        case News.Lost(String reason) ->
            say(
                "lost the broker (%s); trying it again for %s"
                    .formatted(reason, Human.duration(feed.patience())));
        case News.Again(boolean complete) -> {
          say(
              complete
                  ? "the broker is back, with all events of the time between"
                  : "the broker is back; events of the time between are lost");
          if (untilFinal && !complete) {
            ended.ask(waiting);
          }
        }
      }
      if (untilFinal && waiting.isEmpty()) {
        return failed ? ExitCode.JOB_FAILED : ExitCode.OK;
      }
      // Whoever read the output has gone (as "| head" does), or has all it wanted.
      if (printer.unread() || (count != null && printer.printed() >= count)) {
        return ExitCode.OK;
      }
    }
    return untilFinal || count != null ? ExitCode.TIMEOUT : ExitCode.OK;
  }

  private void say(String text) {
    context.err().println("piecework: " + text);
  }
}
