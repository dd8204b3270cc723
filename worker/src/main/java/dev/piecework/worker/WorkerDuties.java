package dev.piecework.worker;

import dev.piecework.message.EventType;
import dev.piecework.worker.broker.Publisher;
import dev.piecework.worker.intake.BrokerLink;
import dev.piecework.worker.intake.JobIntake;
import dev.piecework.worker.job.Admissions;
import dev.piecework.worker.job.JobEntries;
import dev.piecework.worker.job.LostJobs;
import dev.piecework.worker.lease.LeaseKeeper;
import dev.piecework.worker.loop.Loop;
import dev.piecework.worker.outbox.Outbox;
import dev.piecework.worker.outbox.OutboxPump;
import dev.piecework.worker.pipeline.JobRunner;
import dev.piecework.worker.pipeline.ProgressReporter;
import dev.piecework.worker.settings.BrokerSettings;
import dev.piecework.worker.settings.WorkerSettings;
import dev.piecework.worker.transfer.TransferFactory;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a worker does all the time, and the order in which it begins and ends. */
final class WorkerDuties implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(WorkerDuties.class);
  private static final Duration PURGE_INTERVAL = Duration.ofMinutes(10);
  private static final List<String> FINAL_EVENTS =
      List.of(
          EventType.COMPLETED.wireName(),
          EventType.FAILED.wireName(),
          EventType.CANCELLED.wireName());

  private final JobRunner runner;
  private final OutboxPump outbox;
  private final LostJobs lostJobs;
  private final String workerId;
  private final BrokerLink broker;
  private final Loop renewing;
  private final Loop sweeping;
  private final Loop reporting;
  private final Loop purging;
  private volatile boolean up;

  WorkerDuties(
      WorkerSettings settings,
      BrokerSettings brokerSettings,
      Admissions admissions,
      JobRunner runner,
      Publisher publisher,
      OutboxPump pump,
      Outbox outbox,
      LostJobs lostJobs,
      LeaseKeeper leases,
      TransferFactory transfers) {
    this.runner = runner;
    this.outbox = pump;
    this.lostJobs = lostJobs;
    this.workerId = transfers.scratchId();
    JobIntake intake = new JobIntake(admissions, runner, publisher, pump);
    this.broker =
        new BrokerLink(brokerSettings, "piecework-worker-" + workerId, intake, settings.slots());
    this.renewing = new Loop("leases", settings.lease().dividedBy(3), 0, leases::renewAll);
    this.sweeping = new Loop("sweeper", settings.sweepInterval(), 0.2, this::sweep);
    ProgressReporter reporter =
        new ProgressReporter(runner, publisher, new JobEntries(workerId), Clock.systemUTC());
    this.reporting = new Loop("progress", settings.progressInterval(), 0, reporter::report);
    this.purging =
        new Loop(
            "purge",
            PURGE_INTERVAL,
            0.2,
            () -> outbox.purge(settings.eventRetention(), FINAL_EVENTS));
  }

  void start() {
    // Before anything is claimed: afterwards this worker's own leases are alive.
    int released = lostJobs.releaseEarlierLife(workerId);
    if (released > 0) {
      LOG.info("released {} jobs that this worker held in an earlier life", released);
    }
    renewing.start();
    outbox.start();
    broker.start();
    sweeping.start();
    reporting.start();
    purging.start();
    up = true;
    LOG.info("worker {} is up", workerId);
  }

  boolean ready() {
    return broker.ready();
  }

  String workerId() {
    return workerId;
  }

  private void sweep() {
    if (lostJobs.sweep() > 0) {
      outbox.wake();
    }
  }

  /**
   * Ends in the order in which nothing is lost: take nothing new, stop the runs while leases,
   * outbox and the broker's connection still live, and only then those.
   */
  @Override
  public void close() {
    if (up) {
      LOG.info("worker {} stops", workerId);
    }
    broker.stopTaking();
    sweeping.close();
    reporting.close();
    purging.close();
    runner.shutDown();
    outbox.close();
    renewing.close();
    broker.close();
    if (up) {
      LOG.info("worker {} has stopped", workerId);
    }
  }
}
