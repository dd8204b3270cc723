package dev.piecework.acceptance.faults;

import dev.piecework.acceptance.Arrival;
import dev.piecework.message.EventData;
import dev.piecework.message.EventType;
import dev.piecework.message.JobEvent;
import dev.piecework.message.Topology;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;

/** What must hold after a round, when everything works again. */
final class RoundCheck {
  /**
   * A job that has not ended by then is lost. A busy machine may need minutes to start a worker;
   * but less than it takes until a queued job's message counts as lost, which would hide that it
   * was.
   */
  private static final Duration LOST_AFTER = Duration.ofMinutes(4);

  /** What is to be cleared away must be gone by then. */
  private static final Duration SETTLED_AFTER = Duration.ofSeconds(90);

  /** What people read has no names of Java's classes. */
  private static final Pattern CLASS_NAME =
      Pattern.compile("\\b(?:[a-z]+\\.)*[A-Z][A-Za-z]*(?:Exception|Error)\\b");

  private static final Duration POLL = Duration.ofMillis(100);

  private final Installation installation;
  private final Workers workers;
  private final EventLog events;
  private final Producer producer;
  private final Ledger ledger;
  private final List<RoundJob> jobs;
  private final Map<Integer, Injector.Cancellation> cancelled;
  private final List<String> violations = new ArrayList<>();
  private int lost;
  private int duplicated;

  RoundCheck(
      Installation installation,
      Workers workers,
      EventLog events,
      Producer producer,
      Ledger ledger,
      List<RoundJob> jobs,
      Map<Integer, Injector.Cancellation> cancelled) {
    this.installation = installation;
    this.workers = workers;
    this.events = events;
    this.producer = producer;
    this.ledger = ledger;
    this.jobs = List.copyOf(jobs);
    this.cancelled = Map.copyOf(cancelled);
  }

  /** Waits for the end of all jobs, then for quiet; returns what is wrong, empty if nothing is. */
  List<String> run() throws InterruptedException, SQLException {
    for (RoundJob job : jobs) {
      if (!becomes(LOST_AFTER, () -> ledger.ended(job.id()))) {
        lost++;
        violations.add("LOST: job %s: %s".formatted(job.id(), ledger.describe(job.id())));
      }
    }
    expect(SETTLED_AFTER, "entries left in the outbox", ledger::unpublished);
    if (lost == 0) {
      expect(SETTLED_AFTER, "leases still held", ledger::leases);
      for (String queue : List.of(Topology.JOBS_QUEUE, Topology.REGISTRATIONS_QUEUE)) {
        expect(SETTLED_AFTER, "messages waiting in " + queue, () -> producer.waiting(queue));
        expect(
            SETTLED_AFTER,
            "messages unacknowledged of " + queue,
            () -> installation.broker().unacknowledged(queue));
      }
      nothing("scratch left", workers::scratch);
      nothing(
          "multipart uploads left open",
          () -> installation.store().openUploads(Installation.BUCKET));
    }
    expect(Duration.ZERO, "dead letters", () -> producer.waiting(Topology.DEAD_LETTER_QUEUE));
    for (RoundJob job : jobs) {
      if (violations.stream().noneMatch(line -> line.startsWith("LOST: job " + job.id()))) {
        outcome(job);
      }
    }
    for (RoundJob job : jobs) {
      for (String reason : ledger.reasons(job.id())) {
        if (CLASS_NAME.matcher(reason).find()) {
          violations.add("job %s: a reason with a class's name: %s".formatted(job.id(), reason));
        }
      }
    }
    violations.addAll(events.garbage());
    workers.newComplaints().forEach(line -> violations.add("log: " + line));
    return violations;
  }

  int lost() {
    return lost;
  }

  int duplicated() {
    return duplicated;
  }

  private void outcome(RoundJob job) throws InterruptedException, SQLException {
    if (!becomes(
        SETTLED_AFTER, () -> events.heard(job.id()).stream().anyMatch(it -> it.type().isFinal()))) {
      violations.add("job %s: no final event on the wire".formatted(job.id()));
      return;
    }
    List<EventType> expected = expectedEnds(job);
    becomes(
        SETTLED_AFTER,
        () -> ends(job).size() >= expected.size()); // The last may still be on its way.
    List<EventType> ends = ends(job).stream().map(JobEvent::type).toList();
    List<String> written = ledger.outcomes(job.id());
    if (!ends.equals(expected) || written.size() != expected.size()) {
      duplicated++;
      violations.add(
          "DUPLICATED or missing: job %s: final events heard %s, written %s, expected %s"
              .formatted(job.id(), ends, written, expected));
      return;
    }
    order(job, events.distinct(job.id()));
    JobEvent end = ends(job).getLast();
    try {
      if (end.data() instanceof EventData.Completed completed) {
        Arrival.checkStored(
            installation.store(), Installation.BUCKET, job.content(), job.prefix(), completed);
      } else {
        onlyContent(job);
      }
    } catch (Exception | AssertionError e) {
      violations.add("WRONG: job %s: %s".formatted(job.id(), e));
    }
  }

  private List<JobEvent> ends(RoundJob job) {
    return events.distinct(job.id()).stream().filter(event -> event.type().isFinal()).toList();
  }

  private List<EventType> expectedEnds(RoundJob job) {
    Optional<Injector.Cancellation> order = Optional.ofNullable(cancelled.get(job.number()));
    if (order.isEmpty()) {
      return List.of(EventType.COMPLETED);
    }
    return order.get().retried()
        ? List.of(EventType.CANCELLED, EventType.COMPLETED)
        : List.of(EventType.CANCELLED);
  }

  /** What a cancelled job leaves may be little, but never wrong. */
  private void onlyContent(RoundJob job) {
    SortedMap<String, String> stored = installation.store().sums(Installation.BUCKET, job.prefix());
    stored.entrySet().removeAll(Arrival.expectedSums(job.content()).entrySet());
    // A manifest may have been written just before the order won.
    stored.keySet().removeIf(key -> key.startsWith(".piecework/"));
    if (!stored.isEmpty()) {
      violations.add("WRONG: job %s left %s".formatted(job.id(), stored.keySet()));
    }
  }

  private void order(RoundJob job, List<JobEvent> heard) {
    List<EventType> types = heard.stream().map(JobEvent::type).toList();
    // An order may come before the first start.
    boolean ordered = cancelled.containsKey(job.number()) || types.contains(EventType.PAUSED);
    boolean right =
        types.getFirst() == EventType.ACCEPTED
            && (ordered || types.indexOf(EventType.STARTED) == 1)
            && types.getLast().isFinal();
    long epoch = 0;
    for (JobEvent event : heard) {
      right &= event.epoch() >= epoch;
      epoch = event.epoch();
    }
    if (!right) {
      violations.add(
          "job %s: events out of order: %s"
              .formatted(
                  job.id(),
                  heard.stream().map(event -> event.type() + "@" + event.epoch()).toList()));
    }
  }

  private void expect(Duration limit, String what, Callable<Long> count)
      throws InterruptedException {
    long[] last = {0};
    if (!becomes(
        limit,
        () -> {
          last[0] = count.call();
          return last[0] == 0;
        })) {
      violations.add("%d %s".formatted(last[0], what));
    }
  }

  private void nothing(String what, Callable<List<String>> list) throws InterruptedException {
    List<String> last = new ArrayList<>();
    if (!becomes(
        SETTLED_AFTER,
        () -> {
          last.clear();
          last.addAll(list.call());
          return last.isEmpty();
        })) {
      violations.add("%s: %s".formatted(what, last));
    }
  }

  private boolean becomes(Duration limit, Callable<Boolean> condition) throws InterruptedException {
    long deadline = System.nanoTime() + limit.toNanos();
    while (true) {
      try {
        workers.revive();
        if (condition.call()) {
          return true;
        }
      } catch (IllegalStateException e) {
        violations.add(String.valueOf(e.getMessage()));
      } catch (InterruptedException e) {
        throw e;
      } catch (Exception e) {
        throw new IllegalStateException("the suite's own question failed", e);
      }
      if (System.nanoTime() - deadline >= 0) {
        return false;
      }
      Thread.sleep(POLL);
    }
  }
}
