package dev.piecework.worker;

import dev.piecework.worker.broker.Publisher;
import dev.piecework.worker.cancel.Clearances;
import dev.piecework.worker.cleanup.Cleanup;
import dev.piecework.worker.control.ControlLink;
import dev.piecework.worker.database.DatabaseWatch;
import dev.piecework.worker.gate.IntakeGate;
import dev.piecework.worker.intake.BrokerLink;
import dev.piecework.worker.intake.IntakeMetrics;
import dev.piecework.worker.intake.JobIntake;
import dev.piecework.worker.job.Admissions;
import dev.piecework.worker.job.JobEntries;
import dev.piecework.worker.job.LostJobs;
import dev.piecework.worker.job.StoreWaits;
import dev.piecework.worker.lease.LeaseKeeper;
import dev.piecework.worker.loop.Loop;
import dev.piecework.worker.observe.Budgets;
import dev.piecework.worker.observe.Observers;
import dev.piecework.worker.observe.WorkerVersion;
import dev.piecework.worker.outbox.OutboxPump;
import dev.piecework.worker.pipeline.JobRun;
import dev.piecework.worker.pipeline.JobRunner;
import dev.piecework.worker.pipeline.ProgressReporter;
import dev.piecework.worker.pipeline.RunRecords;
import dev.piecework.worker.settings.BrokerSettings;
import dev.piecework.worker.settings.WorkerSettings;
import dev.piecework.worker.store.StoreHealth;
import dev.piecework.worker.transfer.TransferFactory;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a worker does all the time, and the order in which it begins and ends. */
final class WorkerDuties implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(WorkerDuties.class);

  /** How much of Spring Batch's record a crash may cost; see {@link RunRecords}. */
  private static final Duration RECORD_INTERVAL = Duration.ofSeconds(1);

  private static final Duration WATCH_INTERVAL = Duration.ofSeconds(1);

  /** What a shutdown may take beside handing jobs back. */
  private static final Duration ENDING = Duration.ofSeconds(6);

  /** What one step may take that is not to eat up the time of those that matter. */
  private static final Duration BRIEF = Duration.ofSeconds(1);

  private final JobRunner runner;
  private final OutboxPump outbox;
  private final LostJobs lostJobs;
  private final Clearances clearances;
  private final ControlLink control;
  private final LeaseKeeper leases;
  private final String workerId;
  private final BrokerLink broker;
  private final Loop renewing;
  private final Loop watching;
  private final Loop sweeping;
  private final Loop reporting;
  private final Loop recording;
  private final RunRecords records;
  private final Loop cleaning;
  private final Observers observers;
  private final DatabaseWatch database;
  private final StoreHealth store;
  private final StoreWaits waits;
  private final IntakeGate gate;
  private final Duration gracePeriod;
  private volatile boolean up;

  WorkerDuties(
      WorkerSettings settings,
      BrokerSettings brokerSettings,
      Admissions admissions,
      JobRunner runner,
      RunRecords records,
      Publisher publisher,
      OutboxPump pump,
      LostJobs lostJobs,
      LeaseKeeper leases,
      Clearances clearances,
      ControlLink control,
      TransferFactory transfers,
      Cleanup cleanup,
      Duration cleanupInterval,
      Observers observers,
      DatabaseWatch database,
      StoreHealth store,
      StoreWaits waits,
      IntakeGate gate) {
    this.database = database;
    this.store = store;
    this.waits = waits;
    this.gate = gate;
    this.gracePeriod = settings.gracePeriod();
    this.observers = observers;
    this.runner = runner;
    this.records = records;
    this.outbox = pump;
    this.lostJobs = lostJobs;
    this.clearances = clearances;
    this.control = control;
    this.leases = leases;
    this.workerId = transfers.scratchId();
    JobIntake intake =
        new JobIntake(
            admissions,
            runner,
            publisher,
            pump,
            new IntakeMetrics(observers.registry()),
            settings.jobDeadline(),
            brokerSettings.requireUserId(),
            gate);
    this.broker = new BrokerLink(brokerSettings, "piecework-worker-" + workerId, intake, gate);
    this.renewing = new Loop("leases", settings.lease().dividedBy(3), 0, leases::renewAll);
    this.watching =
        new Loop("lease-watch", watchInterval(settings.lease()), 0, leases::giveUpExpired);
    this.sweeping = new Loop("sweeper", settings.sweepInterval(), 0.2, this::sweep);
    ProgressReporter reporter =
        new ProgressReporter(runner, publisher, new JobEntries(workerId), Clock.systemUTC());
    this.reporting = new Loop("progress", settings.progressInterval(), 0, reporter::report);
    this.recording = new Loop("batch-records", RECORD_INTERVAL, 0, records::flush);
    this.cleaning = new Loop("cleanup", cleanupInterval, 0.2, cleanup::round);
    watch(settings.patience());
    measure(settings.slots());
  }

  private void measure(int slots) {
    MeterRegistry registry = observers.registry();
    new Budgets(registry).add("slots", runner::slotsUsed, slots);
    Gauge.builder("piecework.broker.connected", broker, each -> each.ready() ? 1 : 0)
        .description("Whether the broker is connected and its queue consumed")
        .register(registry);
    Gauge.builder("piecework.worker.info", () -> 1)
        .description("Which worker, and of what version")
        .tag("worker", workerId)
        .tag("version", WorkerVersion.text())
        .strongReference(true)
        .register(registry);
  }

  /** So that a lease that ran out is noticed at once, by a clock, whatever the database does. */
  private static Duration watchInterval(Duration lease) {
    Duration third = lease.dividedBy(3);
    return third.compareTo(WATCH_INTERVAL) < 0 ? third : WATCH_INTERVAL;
  }

  /** What must turn for the worker to be of use; cleaning and progress reports may rest. */
  private void watch(Duration patience) {
    for (Loop loop : List.of(renewing, sweeping)) {
      observers.health().watch(loop.name(), () -> loop.trouble(patience));
    }
    observers.health().watch("jobs", () -> runner.trouble(patience));
    observers.health().watch("outbox", () -> outbox.trouble(patience));
  }

  void start() {
    observers.start();
    // Before anything is claimed: afterwards this worker's own leases are alive.
    int released = lostJobs.releaseEarlierLife(workerId);
    if (released > 0) {
      LOG.info("released {} jobs that this worker held in an earlier life", released);
    }
    database.start();
    renewing.start();
    watching.start();
    outbox.start();
    store.onChange(this::storeChanged);
    store.ask();
    storeChanged();
    broker.start();
    control.start();
    sweeping.start();
    reporting.start();
    recording.start();
    cleaning.startAtOnce();
    up = true;
    observers.health().up(broker::obstacle);
    LOG.info("worker {} is up", workerId);
  }

  private void storeChanged() {
    mindStore();
    tellStore(); // May wait for the database, and no other change of the gate for that.
  }

  /** Synchronized: whoever comes last has seen the latest. */
  private synchronized void mindStore() {
    store
        .outage()
        .ifPresentOrElse(
            outage -> gate.close("store", IntakeGate.Scope.JOBS, outage.text()),
            () -> gate.open("store"));
  }

  private void tellStore() {
    waits.tell(store.outage(), runner.runs().stream().map(JobRun::lease).toList());
  }

  /** How long {@link #close} takes at most, whatever hangs. */
  Duration shutdownLimit() {
    return gracePeriod.plus(ENDING);
  }

  boolean ready() {
    return broker.ready();
  }

  /** Where metrics and health are to be had; empty if nowhere. */
  Optional<InetSocketAddress> statusAddress() {
    return observers.server().address();
  }

  String workerId() {
    return workerId;
  }

  private void sweep() {
    // A worker that has just slept would take its own jobs for lost.
    leases.renewAll();
    // What is overdue fails before it is put back on the queue.
    if (lostJobs.sweepOverdue() + lostJobs.sweep() > 0) {
      outbox.wake();
    }
    clearances.sweep();
    tellStore();
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
    observers.health().stopping();
    Ending end = new Ending(shutdownLimit());
    end.step("intake of jobs", BRIEF, broker::stopTaking);
    end.step("intake of requests", BRIEF, control::stopTaking);
    end.step("sweeper", BRIEF, sweeping::close);
    end.step("progress reports", BRIEF, reporting::close);
    end.step("cleanup", BRIEF, cleaning::close);
    end.step("jobs", runner::shutDown);
    end.step("batch records", BRIEF, recording::close);
    end.step("last batch records", BRIEF, records::flush);
    end.step("clearances", clearances::close);
    end.step("outbox", outbox::close);
    end.step("lease renewal", renewing::close);
    end.step("lease watch", watching::close);
    end.step("database watch", database::close);
    end.step("control connection", control::close);
    end.step("jobs connection", broker::close);
    end.step("metrics and health", observers::close);
    if (up) {
      LOG.info("worker {} has stopped", workerId);
    }
  }
}
