package dev.piecework.standalone.demo;

import dev.piecework.cli.CliContext;
import dev.piecework.cli.broker.JobBroker;
import dev.piecework.cli.broker.JobEvents;
import dev.piecework.cli.progress.Human;
import dev.piecework.cli.progress.ProgressBar;
import dev.piecework.message.Destination;
import dev.piecework.message.EventData.Completed;
import dev.piecework.message.EventData.Failed;
import dev.piecework.message.EventData.Progress;
import dev.piecework.message.EventData.Started;
import dev.piecework.message.JobEvent;
import dev.piecework.message.JobMessage;
import dev.piecework.standalone.embedded.EmbeddedServiceException;
import dev.piecework.standalone.run.Interruption;
import dev.piecework.standalone.services.LocalServices;
import dev.piecework.standalone.services.ServicePorts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The demo from beginning to end. */
final class DemoShow {
  private static final String BUCKET = "data";
  private static final String PREFIX = "sets/";
  private static final int TINY_FILES = 20;
  private static final Duration TICK = Duration.ofMillis(100);

  /** Nothing here takes so long; better to end than to wait for ever. */
  private static final Duration LONGEST_SILENCE = Duration.ofMinutes(2);

  private final CliContext context;
  private final Path folder;
  private final long size;
  private final long rate;
  private final Interruption interruption;
  private final Narrator narrator;

  DemoShow(CliContext context, Path folder, long size, long rate, Interruption interruption) {
    this.context = context;
    this.folder = folder;
    this.size = size;
    this.rate = rate;
    this.interruption = interruption;
    this.narrator = new Narrator(context);
  }

  /** Plays it; returns whether everything that was promised came true. */
  boolean play() throws IOException, InterruptedException, EmbeddedServiceException {
    try (DemoTracker tracker = DemoTracker.start()) {
      DemoContent content =
          DemoContent.make(folder.resolve("content"), size, TINY_FILES, tracker.announceUrl());
      narrator.say(
          "made %s in %s, %s of %s"
              .formatted(
                  Human.bytes(content.metainfo().totalLength()),
                  Human.count(content.metainfo().files().size(), "file"),
                  Human.count(content.metainfo().pieceCount(), "piece"),
                  Human.bytes(content.metainfo().pieceLength())));
      narrator.add(content.folder().toString());
      try (DemoSeeder first = DemoSeeder.start(List.of(content), Math.max(1, rate / 2));
          DemoSeeder second = DemoSeeder.start(List.of(content), Math.max(1, rate / 2))) {
        await("the seeders to announce themselves", () -> tracker.peers() >= 2);
        narrator.say(
            "a tracker at %s; two seeders on ports %d and %d, %s each"
                .formatted(
                    tracker.announceUrl(), first.port(), second.port(), Human.rate(rate / 2)));
        return withSeeders(content, List.of(first, second));
      }
    }
  }

  private boolean withSeeders(DemoContent content, List<DemoSeeder> seeders)
      throws IOException, InterruptedException, EmbeddedServiceException {
    try (LocalServices services =
        LocalServices.start(folder.resolve("services"), ServicePorts.free(), BUCKET)) {
      narrator.say("broker, database and object store run (embedded, 127.0.0.1 only)");
      Map<String, String> environment = new LinkedHashMap<>(services.environment());
      // So that the takeover is a matter of seconds here; a fleet is more patient.
      environment.put("PIECEWORK_WORKER_LEASE", "4s");
      environment.put("PIECEWORK_WORKER_SWEEP_INTERVAL", "1s");
      environment.put("PIECEWORK_WORKER_PROGRESS_INTERVAL", "250ms");
      environment.put("PIECEWORK_HTTP_ENABLED", "false");
      List<String> command = DemoWorker.command();
      try (DemoWorker one =
              DemoWorker.start("worker 1", folder.resolve("worker-1"), command, environment);
          DemoWorker two =
              DemoWorker.start("worker 2", folder.resolve("worker-2"), command, environment)) {
        List<DemoWorker> workers = List.of(one, two);
        await("the workers to start", () -> areUp(workers));
        narrator.say(
            "two workers run: processes %d and %d, each with its own scratch folder, as on two hosts"
                .formatted(one.pid(), two.pid()));
        return withWorkers(content, seeders, services, workers);
      }
    }
  }

  private boolean withWorkers(
      DemoContent content,
      List<DemoSeeder> seeders,
      LocalServices services,
      List<DemoWorker> workers)
      throws IOException, InterruptedException {
    JobMessage job = content.job(new Destination(BUCKET, PREFIX));
    Instant begin;
    Optional<JobEvent> last;
    Story story = new Story(content.metainfo().totalLength(), workers);
    try (JobBroker broker = JobBroker.connect(services.brokerSettings(), context.clock())) {
      broker.prepare();
      JobEvents events = broker.listen(List.of(job.id()));
      broker.publish(List.of(job));
      begin = context.steadyClock().instant();
      narrator.say("put the job on the queue: %s".formatted(job.id()));
      last = watch(job, events, story);
    }
    if (last.isEmpty()) {
      return false;
    }
    if (!(last.get().data() instanceof Completed completed)) {
      String why = last.get().data() instanceof Failed failed ? failed.reason() : "";
      narrator.say("the job ended as %s: %s".formatted(last.get().type().wireName(), why));
      return false;
    }
    narrator.say(
        "the job is complete, %s after it was put on the queue"
            .formatted(Human.duration(Duration.between(begin, context.steadyClock().instant()))));
    return verdict(content, seeders, services, completed, story);
  }

  /** Follows the events and kills the worker half-way; returns the final event. */
  private Optional<JobEvent> watch(JobMessage job, JobEvents events, Story story)
      throws IOException, InterruptedException {
    Instant lastWord = context.steadyClock().instant();
    try (ProgressBar bar =
        new ProgressBar(
            context.out(),
            context.progressStyle().get(),
            context.terminalWidth(),
            context.steadyClock(),
            List.of(job.id()))) {
      narrator.above(Optional.of(bar::say));
      while (!interruption.requested()) {
        Optional<JobEvent> event = events.await(TICK);
        bar.tick();
        if (event.isEmpty()) {
          if (Duration.between(lastWord, context.steadyClock().instant()).compareTo(LONGEST_SILENCE)
              > 0) {
            narrator.say(
                "nothing has happened for %s: giving up"
                    .formatted(Human.duration(LONGEST_SILENCE)));
            return Optional.empty();
          }
          continue;
        }
        lastWord = context.steadyClock().instant();
        if (event.get().data() instanceof Progress) {
          bar.accept(event.get());
        }
        story.accept(event.get(), narrator);
        if (event.get().type().isFinal()) {
          return event;
        }
      }
    } finally {
      narrator.above(Optional.empty());
    }
    return Optional.empty();
  }

  private boolean verdict(
      DemoContent content,
      List<DemoSeeder> seeders,
      LocalServices services,
      Completed completed,
      Story story)
      throws IOException {
    Path objects = services.folder().resolve("buckets").resolve(BUCKET).resolve(PREFIX);
    List<String> different = new ArrayList<>();
    for (Map.Entry<String, String> file : content.sha256().entrySet()) {
      Path object = objects.resolve(file.getKey());
      if (!Files.isRegularFile(object) || !DemoContent.sha256(object).equals(file.getValue())) {
        different.add(file.getKey());
      }
    }
    long total = content.metainfo().totalLength();
    long sent = seeders.stream().mapToLong(DemoSeeder::sentBytes).sum();
    narrator.say(
        "compared SHA-256 of %s with the objects: %s"
            .formatted(
                Human.count(content.sha256().size(), "file"),
                different.isEmpty()
                    ? "all identical"
                    : "different: " + String.join(", ", different)));
    content.sha256().entrySet().stream()
        .limit(3)
        .forEach(file -> narrator.add("%s  %s".formatted(file.getValue(), PREFIX + file.getKey())));
    narrator.add("... and %d more".formatted(Math.max(0, content.sha256().size() - 3)));
    narrator.say(
        "the seeders sent %s for %s of content: %s were fetched twice because of the kill"
            .formatted(
                Human.bytes(sent), Human.bytes(total), Human.bytes(Math.max(0, sent - total))));
    boolean listed = completed.objects().size() == content.sha256().size();
    boolean good = different.isEmpty() && listed && story.survived();
    narrator.say(
        good
            ? "everything as promised: one worker died, the job did not"
            : "NOT as promised: "
                + (different.isEmpty() ? "" : "objects differ; ")
                + (listed ? "" : "the completed event does not list every file; ")
                + (story.survived() ? "" : "no second worker took over"));
    return good;
  }

  private static boolean areUp(List<DemoWorker> workers) throws IOException {
    for (DemoWorker worker : workers) {
      if (!worker.isAlive()) {
        throw new IOException(worker.name() + " did not start; it said:\n" + worker.log());
      }
      if (!worker.log().contains(" is up")) {
        return false;
      }
    }
    return true;
  }

  private void await(String what, Condition condition) throws IOException, InterruptedException {
    Instant deadline = context.steadyClock().instant().plus(LONGEST_SILENCE);
    while (!condition.holds()) {
      if (interruption.await(TICK)) {
        throw new InterruptedException("stopped while waiting for " + what);
      }
      if (context.steadyClock().instant().isAfter(deadline)) {
        throw new IOException("waited %s for %s".formatted(Human.duration(LONGEST_SILENCE), what));
      }
    }
  }

  @FunctionalInterface
  private interface Condition {
    boolean holds() throws IOException;
  }

  /** Who worked on the job, and the kill. */
  private static final class Story {
    private final long totalBytes;
    private final List<DemoWorker> workers;
    private final Set<String> started = new LinkedHashSet<>();
    private Optional<String> killed = Optional.empty();

    Story(long totalBytes, List<DemoWorker> workers) {
      this.totalBytes = totalBytes;
      this.workers = List.copyOf(workers);
    }

    void accept(JobEvent event, Narrator narrator) throws IOException, InterruptedException {
      switch (event.data()) {
        case Started begun -> {
          Optional<DemoWorker> worker = byId(begun.worker());
          started.add(begun.worker());
          narrator.say(
              "%s takes the job%s"
                  .formatted(
                      worker.map(DemoWorker::name).orElse(begun.worker()),
                      begun.resumed() ? " and goes on from the last checkpoint" : ""));
        }
        case Progress progress
            when killed.isEmpty() && progress.verifiedBytes() * 2 >= totalBytes -> {
          String current = started.isEmpty() ? "" : started.iterator().next();
          Optional<DemoWorker> worker = byId(current);
          if (worker.isPresent()) {
            killed = Optional.of(current);
            worker.get().kill();
            narrator.say(
                "kill -9 %d: %s is dead at %d %%, with %s in %d uploaded parts"
                    .formatted(
                        worker.get().pid(),
                        worker.get().name(),
                        Human.percent(progress.verifiedBytes(), progress.totalBytes()),
                        Human.bytes(progress.uploadedBytes()),
                        progress.uploadedParts()));
          }
        }
        default -> {}
      }
    }

    /** A worker says its id when it is up. */
    private Optional<DemoWorker> byId(String id) throws IOException {
      for (DemoWorker worker : workers) {
        if (!id.isEmpty() && worker.log().contains(id)) {
          return Optional.of(worker);
        }
      }
      return Optional.empty();
    }

    boolean survived() {
      return killed.isPresent() && started.size() > 1;
    }
  }
}
