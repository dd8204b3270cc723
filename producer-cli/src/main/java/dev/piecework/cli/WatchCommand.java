package dev.piecework.cli;

import dev.piecework.cli.broker.BrokerSettings;
import dev.piecework.cli.broker.EventFeed;
import dev.piecework.cli.broker.News;
import dev.piecework.cli.progress.JobPanel;
import dev.piecework.cli.progress.JobRow;
import dev.piecework.cli.progress.JobTable;
import dev.piecework.cli.progress.LiveDrawing;
import dev.piecework.cli.progress.OutputFormat;
import dev.piecework.cli.progress.RowPrinter;
import dev.piecework.cli.progress.WatchedJobs;
import dev.piecework.exit.ExitCode;
import dev.piecework.message.JobStatus;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
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

/** Shows jobs as they go on. */
@Command(
    name = "watch",
    sortOptions = false,
    abbreviateSynopsis = true,
    description = {
      "Watch all jobs that have not ended, or one in full, until Ctrl-C.",
      "State, worker and attempt are what the database says; rates and peers what workers tell.",
      "Watching one job ends with it, and the exit code tells how.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  piecework watch",
      "  piecework watch --label team=climate",
      "  piecework watch era5-2026",
      "  piecework watch -o jsonl --timeout 10m"
    })
final class WatchCommand implements Callable<Integer> {
  private static final Duration TICK = Duration.ofMillis(200);
  private static final Duration REDRAW = Duration.ofMillis(500);

  private final CliContext context;

  @Spec CommandSpec spec = CommandSpec.create();

  @Parameters(arity = "0..1", paramLabel = "JOB", description = "A job's id. Default: all jobs")
  @Nullable String jobId;

  @Option(
      names = {"-s", "--state"},
      paramLabel = "STATE",
      split = ",",
      description = "Only jobs in these states, such as running,retrying.")
  List<String> states = List.of();

  @Option(
      names = {"-l", "--label"},
      paramLabel = "NAME=VALUE",
      description = "Only jobs with this label; of several, with all of them.")
  Map<String, String> labels = Map.of();

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
        "table (default): drawn over and over on a terminal, else a line at each change;",
        "jsonl or json (a job on a line at each change), name (its id at each change)."
      })
  OutputFormat format = OutputFormat.TABLE;

  @Mixin ReconnectOption reconnect = new ReconnectOption();

  @Mixin BrokerOptions broker = new BrokerOptions();

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  boolean help;

  private final WatchedJobs jobs = new WatchedJobs();
  private String notice = "";
  private boolean answered;

  WatchCommand(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() throws InterruptedException {
    String id = jobId;
    if (id != null) {
      JobIds.check(spec.commandLine(), id);
      if (!states.isEmpty() || !labels.isEmpty()) {
        throw new ParameterException(
            spec.commandLine(), "--state and --label choose among all jobs, but JOB names one");
      }
    }
    BrokerSettings settings = broker.settings(context.environment());
    List<String> bindings = List.of(id == null ? "job.progress.*" : "job.*." + id);
    try (EventFeed feed =
            EventFeed.open(settings, context.steadyClock(), bindings, reconnect.patience);
        FleetPoll poll =
            new FleetPoll(
                settings,
                id == null ? FleetQuestions.ofFleet(states, labels) : FleetQuestions.ofJob(id))) {
      poll.start();
      return watch(feed, poll).code();
    }
  }

  private ExitCode watch(EventFeed feed, FleetPoll poll) throws InterruptedException {
    boolean live = format == OutputFormat.TABLE && context.screen().style().live();
    LiveDrawing drawing = new LiveDrawing(context.out());
    RowPrinter printer = new RowPrinter(context.out(), format);
    Optional<Instant> deadline =
        Optional.ofNullable(timeout).map(context.steadyClock().instant()::plus);
    Instant drawn = Instant.MIN;
    while (true) {
      feed.await(TICK).ifPresent(news -> take(news, live));
      poll.take().ifPresent(answer -> take(answer, live));
      Instant now = context.steadyClock().instant();
      Optional<ExitCode> end = end(now, deadline);
      if (!live) {
        printer.print(jobs.rows(), context.clock().instant());
      } else if (end.isPresent() || !now.isBefore(drawn.plus(REDRAW))) {
        drawing.draw(lines(context.clock().instant()));
        drawn = now;
      }
      if (end.isPresent() || (!live && printer.unread())) {
        return end.orElse(ExitCode.OK);
      }
    }
  }

  /** A job that is watched alone ends the watching, and so does the time given. */
  private Optional<ExitCode> end(Instant now, Optional<Instant> deadline) {
    Optional<JobStatus> one =
        jobId == null
            ? Optional.empty()
            : jobs.rows().stream().map(JobRow::status).filter(FleetQuestions::ended).findFirst();
    if (one.isPresent()) {
      return Optional.of(one.get().state().equals("completed") ? ExitCode.OK : ExitCode.JOB_FAILED);
    }
    return deadline
        .filter(time -> !now.isBefore(time))
        .map(_ -> jobId == null ? ExitCode.OK : ExitCode.TIMEOUT);
  }

  private void take(News news, boolean live) {
    switch (news) {
      case News.Event(_, var event) ->
          event.ifPresent(known -> jobs.accept(known, context.clock().instant()));
      case News.Lost(String reason) ->
          notice(
              "lost the broker (%s); trying it again; what is shown is of before".formatted(reason),
              live);
      case News.Again _ -> notice("", live);
    }
  }

  private void take(FleetPoll.Answer answer, boolean live) {
    switch (answer) {
      case FleetPoll.Answer.Rows(List<JobStatus> rows) -> {
        answered = true;
        jobs.accept(rows);
        notice("", live);
      }
      case FleetPoll.Answer.Silence(ExitCode code, String problem) -> {
        // At the beginning it is an answer; later the fleet may come back.
        if (!answered && code != ExitCode.NO_ANSWER && code != ExitCode.UNROUTABLE) {
          throw new CliException(code, problem);
        }
        notice(problem, live);
      }
    }
  }

  private void notice(String text, boolean live) {
    if (!live && !text.isEmpty() && !text.equals(notice)) {
      context.complain(text);
    }
    notice = text;
  }

  private List<String> lines(Instant now) {
    int width = context.screen().width();
    int height = context.screen().height();
    List<JobRow> rows = jobs.rows();
    if (jobId == null || rows.isEmpty()) {
      String waiting = answered || !notice.isEmpty() ? notice : "asking the fleet...";
      return JobTable.lines(rows, jobs.endedBefore(), now, waiting, width, height);
    }
    boolean unicode = context.out().charset().equals(StandardCharsets.UTF_8);
    return JobPanel.lines(rows.getFirst(), jobs.happened(), now, notice, width, height, unicode);
  }
}
