package dev.piecework.cli;

import dev.piecework.cli.broker.JobEvents;
import dev.piecework.cli.progress.JobOutcome;
import dev.piecework.cli.progress.OutputFormat;
import dev.piecework.cli.progress.ProgressBar;
import dev.piecework.cli.progress.ProgressStyle;
import dev.piecework.cli.progress.Table;
import dev.piecework.exit.ExitCode;
import dev.piecework.message.EventData.Failed;
import dev.piecework.message.JobEvent;
import dev.piecework.message.JobMessage;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Waits for jobs to end and shows how they stand meanwhile. */
final class JobWait {
  private static final Duration TICK = Duration.ofMillis(200);

  private final CliContext context;
  private final ProgressStyle style;
  private final Map<String, JobMessage> bySource;
  private final Set<String> jobIds = new LinkedHashSet<>();
  private final Map<String, JobEvent> finalEvents = new HashMap<>();

  /**
   * @param style how to show progress; null for what suits the terminal
   */
  JobWait(CliContext context, @Nullable ProgressStyle style, Map<String, JobMessage> bySource) {
    this.context = context;
    this.style = style == null ? context.progressStyle().get() : style;
    this.bySource = bySource;
    bySource.values().forEach(job -> jobIds.add(job.id()));
  }

  /** Returns when all jobs have ended, or the time is over. */
  List<JobOutcome> await(JobEvents events, Optional<Duration> timeout) throws InterruptedException {
    Optional<Instant> deadline = timeout.map(context.clock().instant()::plus);
    Thread farewell = Thread.ofPlatform().unstarted(this::farewell);
    Runtime.getRuntime().addShutdownHook(farewell);
    try (ProgressBar bar =
        new ProgressBar(
            context.err(), style, context.terminalWidth(), context.clock(), List.copyOf(jobIds))) {
      bar.say(
          jobIds.size() == 1
              ? "submitted job " + jobIds.iterator().next()
              : "submitted " + jobIds.size() + " jobs");
      while (finalEvents.size() < jobIds.size() && !isOver(deadline)) {
        Optional<JobEvent> event = events.await(TICK);
        event.ifPresent(bar::accept);
        event
            .filter(last -> last.type().isFinal() && jobIds.contains(last.jobId()))
            .ifPresent(last -> finalEvents.putIfAbsent(last.jobId(), last));
        bar.tick();
      }
    } finally {
      removeHook(farewell);
    }
    return bySource.entrySet().stream()
        .map(job ->
            new JobOutcome(
                job.getValue().id(),
                job.getKey(),
                Optional.ofNullable(finalEvents.get(job.getValue().id()))))
        .toList();
  }

  private boolean isOver(Optional<Instant> deadline) {
    return deadline.filter(end -> !context.clock().instant().isBefore(end)).isPresent();
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
    for (JobOutcome outcome : outcomes) {
      if (outcome.finalEvent().isPresent() && !outcome.state().equals("completed")) {
        failed = true;
        if (format == OutputFormat.JSON) {
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
    return failed ? ExitCode.JOB_FAILED : unfinished > 0 ? ExitCode.TIMEOUT : ExitCode.OK;
  }

  private void complain(String problem) {
    context.err().println(Table.harmless("piecework: " + problem));
  }

  private static String why(JobOutcome outcome) {
    return outcome
        .finalEvent()
        .filter(event -> event.data() instanceof Failed)
        .map(event -> (Failed) event.data())
        .map(failed -> "failed: " + failed.code() + ": " + failed.reason())
        .orElse(outcome.state());
  }
}
