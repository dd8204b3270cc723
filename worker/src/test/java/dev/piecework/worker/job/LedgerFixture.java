package dev.piecework.worker.job;

import dev.piecework.message.Destination;
import dev.piecework.message.JobMessage;
import dev.piecework.message.JobOptions;
import dev.piecework.message.JobSource;
import dev.piecework.worker.TestDatabase;
import dev.piecework.worker.checkpoint.CheckpointTable;
import dev.piecework.worker.checkpoint.FailedProofs;
import dev.piecework.worker.fault.Fault;
import dev.piecework.worker.lease.Lease;
import dev.piecework.worker.lease.LeaseTable;
import dev.piecework.worker.outbox.Outbox;
import dev.piecework.worker.transfer.Checkpoint;
import dev.piecework.worker.transfer.Transfer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance;
import org.springframework.jdbc.core.simple.JdbcClient;

/** A database, and all that changes jobs in it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class LedgerFixture {
  static final Duration LEASE = Duration.ofMinutes(10);
  static final RetryPolicy RETRY = new RetryPolicy(3, Duration.ofHours(1), Duration.ofHours(1));
  static final Fault STALLED = new Fault(Fault.Kind.STALLED, "no peers");

  TestDatabase database;
  JdbcClient jdbc;

  @SuppressWarnings("NullAway.Init")
  FailedProofs proofs;

  Outbox outbox;
  LostJobs lost;
  JobLedger ledger;
  CheckpointTable checkpoints;
  Orders orders;
  CancelledJobs cancelled;
  String job = "";
  int jobs;

  abstract TestDatabase open();

  @SuppressWarnings("NullAway.Init") // JUnit sets the fields before any test.
  LedgerFixture() {}

  @BeforeAll
  void openDatabase() {
    database = open();
    jdbc = database.jdbc();
    outbox = new Outbox(jdbc);
    lost = new LostJobs(jdbc, database.transactions(), outbox, "sweeper");
    ledger = new JobLedger(jdbc, database.transactions(), outbox, "a");
    orders = new Orders(jdbc, database.transactions(), outbox, "handler");
    cancelled = cancelled("clearer");
    proofs =
        new FailedProofs(
            jdbc, database.transactions(), new LeaseTable(jdbc, database.transactions()));
    checkpoints =
        new CheckpointTable(
            jdbc, database.transactions(), new LeaseTable(jdbc, database.transactions()));
  }

  @AfterAll
  void closeDatabase() {
    database.close();
  }

  @BeforeEach
  void newJob() {
    job = "job-" + ++jobs;
  }

  Admissions worker(String name) {
    return new Admissions(jdbc, database.transactions(), outbox, name, LEASE, FairShares.NONE);
  }

  CancelledJobs cancelled(String name) {
    return new CancelledJobs(jdbc, database.transactions(), outbox, name, LEASE);
  }

  Submission submission(String messageId) {
    return submission(messageId, JobOptions.none());
  }

  Submission submission(String messageId, JobOptions options) {
    return new Submission(
        new JobMessage(
            1,
            job,
            JobSource.Inline.of(new byte[] {1}),
            new Destination("bucket", "prefix/"),
            options),
        messageId,
        false,
        false);
  }

  Claim accepted(String worker) {
    worker(worker).admit(submission("m1"));
    return worker(worker).claim(job).orElseThrow();
  }

  JobRow row() {
    return ledger.find(job).orElseThrow();
  }

  List<String> outboxTypes() {
    return jdbc.sql("SELECT type FROM piecework_outbox WHERE job_id = :job ORDER BY seq")
        .param("job", job)
        .query((row, number) -> row.getString(1))
        .list();
  }

  List<String> history() {
    return jdbc.sql(
            "SELECT from_state, to_state FROM piecework_job_transition WHERE job_id = :job ORDER BY seq")
        .param("job", job)
        .query((row, number) -> row.getString(1) + ">" + row.getString(2))
        .list();
  }

  void expireLease() {
    jdbc.sql("UPDATE piecework_job SET lease_until = :then WHERE id = :job")
        .param("then", java.time.OffsetDateTime.now(java.time.ZoneOffset.UTC).minusHours(1))
        .param("job", job)
        .update();
  }

  void makeDue() {
    jdbc.sql("UPDATE piecework_job SET due_at = :then WHERE id = :job")
        .param("then", java.time.OffsetDateTime.now(java.time.ZoneOffset.UTC).minusHours(1))
        .param("job", job)
        .update();
  }

  static <T> List<T> atOnce(int threads, Callable<T> work) throws Exception {
    CyclicBarrier barrier = new CyclicBarrier(threads);
    try (ExecutorService executor = Executors.newFixedThreadPool(threads)) {
      List<Future<T>> futures = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        futures.add(
            executor.submit(() -> {
              barrier.await();
              return work.call();
            }));
      }
      List<T> results = new ArrayList<>();
      for (Future<T> future : futures) {
        results.add(future.get());
      }
      return results;
    }
  }

  static CheckpointTable.Step step(int object, int number) {
    BitSet pieces = new BitSet();
    pieces.set(3);
    Transfer.Batch batch =
        new Transfer.Batch(
            List.of(),
            List.of(new Checkpoint.Upload(object, "u" + object)),
            List.of(new Checkpoint.UploadedPart(object, number, 8, "e" + number, 7)),
            pieces);
    return new CheckpointTable.Step(batch, true, "scratch", 100, 5, 8, 3);
  }

  Lease lease() {
    JobRow row = row();
    return new Lease(job, row.epoch(), row.leaseOwner());
  }

  List<Outbox.Pending> pending() {
    return outbox.pending(1000, Long.MAX_VALUE).entries().stream()
        .filter(pending -> pending.entry().jobId().equals(job))
        .toList();
  }
}
