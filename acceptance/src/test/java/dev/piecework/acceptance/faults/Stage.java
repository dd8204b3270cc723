package dev.piecework.acceptance.faults;

import com.rabbitmq.client.Connection;
import dev.piecework.testkit.Await;
import dev.piecework.testkit.Folders;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Services and workers, and the rounds that are played on them. */
final class Stage implements AutoCloseable {
  private static final Duration UP_LIMIT = Duration.ofMinutes(4);

  private final Seeders seeders;
  private final Path evidence;
  private final Installation installation = new Installation();
  private final Connection connection;
  private final EventLog events;
  private final Producer producer;
  private final Ledger ledger = new Ledger(installation.database());
  private final Workers workers;

  /**
   * Starts it; every worker is up then.
   *
   * @param evidence where workers' logs and what is known of a bad round are kept
   */
  Stage(Seeders seeders, int workerCount, Path evidence) throws Exception {
    this.seeders = seeders;
    this.evidence = Files.createDirectories(evidence);
    this.connection = installation.broker().connectionFactory().newConnection("faults");
    this.events = new EventLog(connection);
    this.producer = new Producer(connection);
    this.workers = new Workers(workerCount, installation, evidence);
    Await.until("all workers to be up", UP_LIMIT, workers::revive);
  }

  /** Submits, disturbs, waits and checks. */
  RoundResult play(Schedule schedule) throws Exception {
    long began = System.nanoTime();
    events.forget();
    List<RoundJob> jobs = new ArrayList<>();
    for (int i = 0; i < schedule.jobs().size(); i++) {
      jobs.add(RoundJob.of(schedule, i, seeders));
    }
    for (RoundJob job : jobs) {
      producer.submit(job.message(), 1);
    }
    Injector injector =
        new Injector(
            installation,
            workers,
            seeders,
            events,
            producer,
            new Operator(connection),
            schedule,
            jobs);
    List<String> violations = new ArrayList<>(injector.play());
    installation.endStoreFaults();
    List<RoundJob> all = new ArrayList<>(jobs);
    all.addAll(injector.probes());
    RoundCheck check =
        new RoundCheck(installation, workers, events, producer, ledger, all, injector.cancelled());
    violations.addAll(check.run());
    if (schedule.faults().stream().noneMatch(Fault.Clock.class::isInstance)) {
      violations.addAll(events.late());
    }
    RoundResult result =
        new RoundResult(
            schedule,
            check.lost(),
            check.duplicated(),
            fetchedTwice(jobs, injector.cancelled().keySet()),
            Duration.ofNanos(System.nanoTime() - began),
            violations);
    if (!result.right()) {
      keepEvidence(result, all);
    }
    for (RoundJob job : all) {
      // Objects of all rounds would fill the disk.
      Folders.delete(
          installation.store().folder().resolve(Installation.BUCKET).resolve(job.prefix()));
    }
    return result;
  }

  /** Of a job that was cancelled nobody can say what it should have fetched. */
  private long fetchedTwice(List<RoundJob> jobs, Set<Integer> cancelled) {
    return jobs.stream()
        .filter(job -> !cancelled.contains(job.number()))
        .mapToLong(job ->
            seeders.givenBytes(job.torrent()) - job.givenBefore() - job.content().totalBytes())
        .map(bytes -> Math.max(0, bytes))
        .sum();
  }

  private void keepEvidence(RoundResult result, List<RoundJob> jobs) throws Exception {
    workers.saveLogs();
    List<String> lines = new ArrayList<>();
    lines.add(result.line());
    lines.addAll(result.schedule().faults().stream().map(fault -> "fault: " + fault).toList());
    lines.addAll(result.violations());
    for (RoundJob job : jobs) {
      lines.add("");
      lines.add("job %s, %s".formatted(job.id(), job.content().name()));
      lines.addAll(ledger.history(job.id()));
      events
          .heard(job.id())
          .forEach(event ->
              lines.add(
                  "heard: %s %s epoch %d attempt %d %s %s"
                      .formatted(
                          event.time(),
                          event.type(),
                          event.epoch(),
                          event.attempt(),
                          event.source(),
                          event.id())));
    }
    Files.write(evidence.resolve("round-%d.txt".formatted(result.schedule().round())), lines);
  }

  @Override
  public void close() throws IOException {
    workers.close();
    connection.abort();
    installation.close();
  }
}
