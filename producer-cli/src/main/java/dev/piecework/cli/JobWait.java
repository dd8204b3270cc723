package dev.piecework.cli;

import dev.piecework.cli.broker.EventFeed;
import dev.piecework.cli.broker.News;
import dev.piecework.cli.progress.Human;
import dev.piecework.cli.progress.JobOutcome;
import dev.piecework.cli.progress.OutputFormat;
import dev.piecework.cli.progress.ProgressBar;
import dev.piecework.cli.progress.ProgressStyle;
import dev.piecework.cli.progress.Table;
import dev.piecework.exit.ExitCode;
import dev.piecework.message.EventData.Failed;
import dev.piecework.message.EventData.None;
import dev.piecework.message.EventData.Refused;
import dev.piecework.message.JobEvent;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Waits for jobs to end and shows how they stand meanwhile. */
final class JobWait {
  private static final Duration TICK = Duration.ofMillis(200);
  private static final int MAX_BINDINGS = 1000;

  private final CliContext context;
  private final ProgressStyle style;
  private final List<JobSpool.Named> jobs;
  private final Set<String> jobIds = new LinkedHashSet<>();
  private final Map<String, JobEvent> finalEvents = new HashMap<>();
  private final UnheardJobs unheard;
  private final Set<String> sentAs = new HashSet<>();
  private boolean mustSend = true;
  private boolean connected = true;
  private boolean everSent;
  private @Nullable Instant unsentSince;

  /**
   * @param style how to show progress; null for what suits the terminal
   */
  JobWait(CliContext context, @Nullable ProgressStyle style, List<JobSpool.Named> jobs) {
    this.context = context;
    this.style = style == null ? context.progressStyle().get() : style;
    this.jobs = jobs;
    jobs.forEach(job -> jobIds.add(job.jobId()));
    this.unheard = new UnheardJobs(context.steadyClock(), jobIds);
  }

  /** One of the messages by which jobs are sent has this id: its refusal is ours. */
  void sentAs(String messageId) {
    sentAs.add(messageId);
  }

  private boolean isAnswer(JobEvent event) {
    return event.type().isFinal()
        || (event.data() instanceof Refused refused && sentAs.contains(refused.submission()));
  }

  /** What to listen to: each job by itself, or, of very many, all that goes on. */
  List<String> bindings() {
    return jobIds.size() > MAX_BINDINGS
        ? List.of("job.#")
        : jobIds.stream().map(id -> "job.*." + id).toList();
  }

  /**
   * Sends the jobs; returns when all have ended, or the time is over.
   *
   * @param send sends jobs, by their ids: once at the beginning, again when the broker was lost
   *     before it said that it keeps them, and when events may have been missed, since a worker
   *     answers with how the job stands
   * @throws CliException when the jobs cannot be sent; a lost broker is tried again for as long as
   *     the events' patience lasts
   */
  List<JobOutcome> await(
      EventFeed events, Optional<Duration> timeout, Consumer<Collection<String>> send)
      throws InterruptedException {
    Optional<Instant> deadline = timeout.map(context.steadyClock().instant()::plus);
    Thread farewell = Thread.ofPlatform().unstarted(this::farewell);
    Runtime.getRuntime().addShutdownHook(farewell);
    try (ProgressBar bar =
        new ProgressBar(
            context.err(),
            style,
            context.terminalWidth(),
            context.steadyClock(),
            List.copyOf(jobIds))) {
      send(send, bar, events.patience());
      while (finalEvents.size() < jobIds.size() && !isOver(deadline)) {
        Optional<News> news = events.await(TICK);
        if (news.isPresent()) {
          take(news.get(), bar, events.patience());
        } else if (mustSend && connected) {
          send(send, bar, events.patience());
        }
        unheard.word().ifPresent(word -> say(word, bar));
        bar.tick();
      }
    } finally {
      removeHook(farewell);
    }
    return jobs.stream()
        .map(job ->
            new JobOutcome(
                job.jobId(), job.source(), Optional.ofNullable(finalEvents.get(job.jobId()))))
        .toList();
  }

  private void take(News news, ProgressBar bar, Duration patience) {
    switch (news) {
      case News.Event(_, Optional<JobEvent> known) -> {
        known.ifPresent(bar::accept);
        known.ifPresent(event -> unheard.heard(event.jobId()));
        known
            .filter(event -> isAnswer(event) && jobIds.contains(event.jobId()))
            .ifPresent(event -> finalEvents.putIfAbsent(event.jobId(), event));
      }
      case News.Lost(String reason) -> {
        connected = false;
        unheard.pause();
        bar.say(
            "lost the broker (%s); jobs go on; trying it again for %s"
                .formatted(reason, Human.duration(patience)));
      }
      case News.Again(boolean complete) -> {
        connected = true;
        unheard.sent();
        bar.say(
            complete
                ? "the broker is back, with all that has happened"
                : "the broker is back, but what has happened is lost: submitting again, to hear"
                    + " how it stands");
        mustSend |= !complete;
      }
    }
  }

  /** Also where no progress is shown: it is not progress, but the want of any. */
  private void say(String word, ProgressBar bar) {
    if (style == ProgressStyle.SILENT) {
      context.complain(word);
    } else {
      bar.say(word);
    }
  }

  private void send(Consumer<Collection<String>> send, ProgressBar bar, Duration patience) {
    try {
      send.accept(jobIds.stream().filter(id -> !finalEvents.containsKey(id)).toList());
      if (!everSent) {
        bar.say(
            jobIds.size() == 1
                ? "submitted job " + jobIds.iterator().next()
                : "submitted " + jobIds.size() + " jobs");
      }
      everSent = true;
      unheard.sent();
      mustSend = false;
      unsentSince = null;
    } catch (CliException e) {
      Instant now = context.steadyClock().instant();
      Instant since = unsentSince == null ? now : unsentSince;
      if (e.exitCode() != ExitCode.BROKER_UNAVAILABLE || !now.isBefore(since.plus(patience))) {
        throw e;
      }
      unsentSince = since;
    }
  }

  private boolean isOver(Optional<Instant> deadline) {
    return deadline.filter(end -> !context.steadyClock().instant().isBefore(end)).isPresent();
  }

  private static void removeHook(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The process is ending already, and the hook does its work.
    }
  }

  /** Ctrl-C ends the waiting, not the job, which a user cannot know. */
  private void farewell() {
    context
        .err()
        .println(
            (style == ProgressStyle.PLAIN || style == ProgressStyle.SILENT ? "" : "\r\u001b[K")
                + "piecework: stopped waiting; "
                + (jobIds.size() == 1 ? "the job goes on" : "the jobs go on")
                + ". The same command again goes on waiting.");
    context.err().flush();
  }

  /** What the process should end with; says why on standard error where the result does not. */
  ExitCode exitCode(List<JobOutcome> outcomes, OutputFormat format) {
    boolean failed = false;
    boolean refused = false;
    for (JobOutcome outcome : outcomes) {
      if (outcome.finalEvent().isPresent() && !outcome.state().equals("completed")) {
        boolean isRefused = outcome.finalEvent().get().data() instanceof Refused;
        refused |= isRefused;
        failed |= !isRefused;
        if (format != OutputFormat.TABLE) {
          complain("job " + outcome.jobId() + " " + why(outcome));
        }
      }
    }
    int unfinished = jobIds.size() - finalEvents.size();
    if (unfinished > 0) {
      complain(
          (unfinished == 1 ? "a job has" : unfinished + " jobs have")
              + " not ended in the time given, and will go on; the same command again goes on"
              + " waiting");
    }
    if (refused && !failed) {
      return ExitCode.ID_TAKEN;
    }
    return failed ? ExitCode.JOB_FAILED : unfinished > 0 ? ExitCode.TIMEOUT : ExitCode.OK;
  }

  private void complain(String problem) {
    context.err().println(Table.harmless("piecework: " + problem));
  }

  private static String why(JobOutcome outcome) {
    return switch (outcome.finalEvent().map(JobEvent::data).orElseGet(None::new)) {
      case Failed failed -> "failed: " + failed.code() + ": " + failed.reason();
      case Refused refused -> "refused: " + refused.code() + ": " + refused.reason();
      default -> outcome.state();
    };
  }
}
