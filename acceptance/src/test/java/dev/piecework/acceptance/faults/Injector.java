package dev.piecework.acceptance.faults;

import dev.piecework.message.ControlReply;
import dev.piecework.message.ControlRequest;
import dev.piecework.testkit.FaultProxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/** Makes the faults of a round happen, each on a thread of its own, and undoes them. */
final class Injector {
  /** A fault that waits for a job's progress waits no longer than this. */
  private static final Duration PATIENCE = Duration.ofSeconds(8);

  /** How long the workers that nothing has befallen may take for a small job. */
  private static final Duration PROBE_LIMIT = Duration.ofMinutes(3);

  private static final int FIRST_PROBE = 100;
  private static final Duration POLL = Duration.ofMillis(30);
  private static final Duration BETWEEN_CUTS = Duration.ofMillis(250);

  private final Installation installation;
  private final Workers workers;
  private final Seeders seeders;
  private final EventLog events;
  private final Producer producer;
  private final Schedule schedule;
  private final List<RoundJob> jobs;
  private final List<RoundJob> probes = new CopyOnWriteArrayList<>();
  private final Operator operator;
  private final Map<Integer, Cancellation> cancelled = new ConcurrentHashMap<>();
  private final AtomicInteger probeNumbers = new AtomicInteger(FIRST_PROBE);
  private final long began = System.nanoTime();

  Injector(
      Installation installation,
      Workers workers,
      Seeders seeders,
      EventLog events,
      Producer producer,
      Operator operator,
      Schedule schedule,
      List<RoundJob> jobs) {
    this.installation = installation;
    this.workers = workers;
    this.seeders = seeders;
    this.events = events;
    this.producer = producer;
    this.operator = operator;
    this.schedule = schedule;
    this.jobs = List.copyOf(jobs);
  }

  /**
   * An order to cancel that was taken.
   *
   * @param delete whether objects are to go
   * @param retried whether the job was started again afterwards
   */
  record Cancellation(boolean delete, boolean retried) {}

  /** Jobs that have been cancelled, by number. */
  Map<Integer, Cancellation> cancelled() {
    return Map.copyOf(cancelled);
  }

  /** Jobs that were submitted while a link was bad. */
  List<RoundJob> probes() {
    return List.copyOf(probes);
  }

  /**
   * Returns when all is as it was before.
   *
   * @return what went otherwise than a fault should: each a violation
   */
  List<String> play() throws InterruptedException {
    List<Fault> faults = schedule.faults();
    List<String> violations = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> running = new ArrayList<>();
      for (Fault fault : faults) {
        running.add(
            threads.submit(() -> {
              await(fault.when());
              happen(fault);
              return true;
            }));
      }
      for (int i = 0; i < running.size(); i++) {
        try {
          running.get(i).get();
        } catch (ExecutionException e) {
          violations.add("%s: %s".formatted(faults.get(i), e.getCause()));
        }
      }
    }
    return violations;
  }

  private void happen(Fault fault) throws Exception {
    switch (fault) {
      case Fault.Kill(Moment _, int worker, Duration away, boolean hostLost) ->
          workers.kill(worker, away, hostLost);
      case Fault.Freeze(Moment _, int worker, Duration length) -> workers.freeze(worker, length);
      case Fault.Terminate(Moment _, int worker, Duration away) -> workers.terminate(worker, away);
      case Fault.Link link -> part(link);
      case Fault.Peer(Moment _, int job, LinkFault how, Duration length) -> {
        FaultProxy peer = seeders.link(jobs.get(job).torrent());
        try {
          how.begin(peer, length);
        } finally {
          LinkFault.end(peer);
        }
      }
      case Fault.Clock(Moment _, int worker, Duration length) -> workers.clockAhead(worker, length);
      case Fault.Twin(Moment _, int worker, Duration length) -> workers.twin(worker, length);
      case Fault.Cut(Moment _, Service service, int times) -> {
        for (int i = 0; i < times; i++) {
          installation.cut(service);
          Thread.sleep(BETWEEN_CUTS);
        }
      }
      case Fault.Outage(Moment _, Service service, Duration length) -> {
        installation.down(service, true);
        Thread.sleep(length);
        installation.down(service, false);
      }
      case Fault.Hang(Moment _, Service service, Duration length) -> {
        installation.hang(service, true);
        Thread.sleep(length);
        installation.hang(service, false);
      }
      case Fault.Slow(Moment _, Service service, Duration length, Duration perRead) -> {
        installation.slow(service, perRead);
        Thread.sleep(length);
        installation.slow(service, Duration.ZERO);
      }
      case Fault.StoreErrors(Moment _, int status, int oneOf, Duration length) -> {
        installation.storeErrors(status, oneOf);
        Thread.sleep(length);
        installation.endStoreFaults();
      }
      // Those that no request came for are taken back at the end of the round.
      case Fault.LostAnswers(Moment _, Fault.LostAnswers.Request request, int times) ->
          installation.loseStoreAnswers(request, times);
      case Fault.Resubmit(Moment _, int job, int times) ->
          producer.submit(jobs.get(job).message(), times);
      case Fault.Pause(Moment _, int job, Duration length) -> {
        String id = jobs.get(job).id();
        operator.order(new ControlRequest.Pause(id, "a fault suite's whim"));
        Thread.sleep(length);
        operator.order(new ControlRequest.Resume(id));
      }
      case Fault.Cancel(Moment _, int job, boolean delete, boolean retry) ->
          cancel(job, delete, retry);
    }
  }

  /** While one worker's link is bad, the others must bring a job to its end. */
  private void part(Fault.Link fault) throws Exception {
    FaultProxy link = workers.links(fault.worker()).to(fault.service());
    RoundJob probe = RoundJob.probe(schedule, probeNumbers.getAndIncrement(), seeders);
    try {
      fault.how().begin(link, fault.length());
      if (!schedule.sparesOneOf(workers.count())) {
        return;
      }
      producer.submit(probe.message(), 1);
      probes.add(probe);
      long deadline = System.nanoTime() + PROBE_LIMIT.toNanos();
      while (!events.ended(probe.id())) {
        if (System.nanoTime() - deadline > 0) {
          throw new IllegalStateException(
              "the other workers do not bring job %s to its end".formatted(probe.id()));
        }
        Thread.sleep(POLL);
      }
    } finally {
      LinkFault.end(link);
    }
  }

  /** A job that has ended first, or has not been written down yet, is not cancelled. */
  private void cancel(int number, boolean delete, boolean retry) throws Exception {
    String id = jobs.get(number).id();
    if (!(operator.order(new ControlRequest.Cancel(id, delete, "a fault suite's whim"))
        instanceof ControlReply.Ordered)) {
      return;
    }
    if (retry) {
      while (!(operator.order(new ControlRequest.Retry(id)) instanceof ControlReply.Ordered)) {
        Thread.sleep(BETWEEN_CUTS);
      }
    }
    cancelled.put(number, new Cancellation(delete, retry));
  }

  private void await(Moment moment) throws InterruptedException {
    switch (moment) {
      case Moment.After(Duration time) ->
          Thread.sleep(Duration.ofNanos(Math.max(0, time.toNanos() - elapsed())));
      case Moment.Given(int number, int percent) -> {
        RoundJob job = jobs.get(number);
        long enough = job.givenBefore() + job.content().totalBytes() * percent / 100;
        while (elapsed() < PATIENCE.toNanos() && seeders.givenBytes(job.torrent()) < enough) {
          Thread.sleep(POLL);
        }
      }
      case Moment.Ended(int number) -> {
        while (elapsed() < 2 * PATIENCE.toNanos() && !events.ended(jobs.get(number).id())) {
          Thread.sleep(POLL);
        }
      }
    }
  }

  private long elapsed() {
    return System.nanoTime() - began;
  }
}
