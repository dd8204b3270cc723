package dev.piecework.standalone.run;

import dev.piecework.cli.CliContext;
import dev.piecework.cli.CliException;
import dev.piecework.cli.broker.JobBroker;
import dev.piecework.cli.broker.JobEvents;
import dev.piecework.cli.progress.ProgressBar;
import dev.piecework.cli.progress.ProgressStyle;
import dev.piecework.exit.ExitCode;
import dev.piecework.message.EventType;
import dev.piecework.message.JobEvent;
import dev.piecework.message.JobMessage;
import dev.piecework.standalone.embedded.EmbeddedServiceException;
import dev.piecework.worker.WorkerApplication;
import dev.piecework.worker.start.WorkerStartException;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Some jobs from submission to end, by a worker in this process that takes them off an embedded
 * broker: the same way that they go in a fleet.
 */
final class RunSession {
  private static final Duration TICK = Duration.ofMillis(100);

  private final CliContext context;
  private final RunFolder folder;
  private final RunOptions options;
  private final Interruption interruption;
  private Optional<String> abandoned = Optional.empty();

  RunSession(CliContext context, RunFolder folder, RunOptions options, Interruption interruption) {
    this.context = context;
    this.folder = folder;
    this.options = options;
    this.interruption = interruption;
  }

  /**
   * Runs jobs until all have ended, or the process is told to stop.
   *
   * @return the final events of those that ended, by job id
   */
  @SuppressWarnings("try") // the worker works by itself; it only has to be closed
  Map<String, JobEvent> run(List<RunJob> jobs) throws InterruptedException {
    List<JobMessage> messages = jobs.stream().map(RunJob::message).toList();
    try (EmbeddedServices services = EmbeddedServices.start(folder);
        RunLedger ledger = RunLedger.open(services.database())) {
      new Room(folder, ledger).check(jobs);
      ledger.prepare(messages);
      if (interruption.requested()) {
        return Map.of();
      }
      try (JobBroker broker = JobBroker.connect(services.brokerSettings(), context.clock())) {
        broker.prepare();
        List<String> ids = jobs.stream().map(RunJob::id).toList();
        // Before the worker starts: it takes up at once what an earlier run left.
        JobEvents events = broker.listen(ids);
        try (WorkerApplication worker =
            WorkerApplication.start(properties(services, jobs.size()))) {
          broker.publish(messages);
          Map<String, JobEvent> ended = watch(ids, events, ledger);
          if (interruption.requested()) {
            context.err().println("piecework: stopping...");
          }
          return ended;
        }
      }
    } catch (EmbeddedServiceException e) {
      throw new CliException(ExitCode.STORE_UNAVAILABLE, String.valueOf(e.getMessage()));
    } catch (WorkerStartException e) {
      throw new CliException(e.exitCode(), String.valueOf(e.getMessage()));
    } catch (SQLException | IOException e) {
      throw new CliException(
          ExitCode.DATABASE_UNAVAILABLE,
          "the state in %s cannot be used (%s): if it is damaged, delete that folder; finished files are not touched by that"
              .formatted(folder.state(""), e.getMessage()));
    }
  }

  /** Why jobs that have not ended were left: nobody is there to download from. */
  Optional<String> abandoned() {
    return abandoned;
  }

  private Map<String, JobEvent> watch(List<String> ids, JobEvents events, RunLedger ledger)
      throws InterruptedException, SQLException {
    Map<String, JobEvent> ended = new LinkedHashMap<>();
    Set<String> waiting = new LinkedHashSet<>(ids);
    PeerWatch peers = new PeerWatch(context.steadyClock(), options.noPeersTimeout());
    ProgressStyle style = options.verbose() ? ProgressStyle.PLAIN : context.progressStyle().get();
    try (ProgressBar bar =
        new ProgressBar(
            context.err(), style, context.terminalWidth(), context.steadyClock(), ids)) {
      while (!waiting.isEmpty() && !interruption.requested() && abandoned.isEmpty()) {
        Optional<JobEvent> event = events.await(TICK);
        event.ifPresent(bar::accept);
        event.flatMap(peers::accept).ifPresent(bar::say);
        if (event.isPresent() && event.get().type().isFinal()) {
          ended.put(event.get().jobId(), event.get());
        }
        for (String id : ended.keySet()) {
          if (waiting.contains(id) && !isSeeding(id, ended, ledger)) {
            waiting.remove(id);
          }
        }
        abandoned = peers.abandoned(waiting);
        bar.tick();
      }
    }
    return ended;
  }

  /** A job that seeds completes twice: its event comes when the content stands. */
  private boolean isSeeding(String id, Map<String, JobEvent> ended, RunLedger ledger)
      throws SQLException {
    boolean asked = options.job().seedRatio().isPresent() || options.job().seedTime().isPresent();
    JobEvent last = ended.get(id);
    return asked
        && last != null
        && last.type() == EventType.COMPLETED
        && !ledger.state(id).filter("COMPLETED"::equals).isPresent();
  }

  private Map<String, Object> properties(EmbeddedServices services, int jobs) {
    Map<String, Object> properties = services.workerProperties();
    properties.put("piecework.network.local", true);
    properties.put("piecework.buckets.read-allow", "*");
    properties.put("piecework.scratch.directory", folder.state("scratch").toString());
    properties.put("piecework.worker.slots", Math.min(jobs, 4));
    properties.put("piecework.worker.progress-interval", "500ms");
    properties.put("piecework.worker.sweep-interval", "500ms");
    // A person watches: what failed is told at once, and the same command tries again.
    properties.put("piecework.retry.max-attempts", 1);
    properties.put("piecework.transfer.stall-timeout", options.patience().toMillis() + "ms");
    return properties;
  }
}
