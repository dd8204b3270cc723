package dev.piecework.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.GetResponse;
import dev.piecework.message.Destination;
import dev.piecework.message.EventData;
import dev.piecework.message.EventType;
import dev.piecework.message.JobEvent;
import dev.piecework.message.JobMessage;
import dev.piecework.message.JobMessageCodec;
import dev.piecework.message.JobOptions;
import dev.piecework.message.JobSource;
import dev.piecework.message.Topology;
import dev.piecework.testkit.Content;
import dev.piecework.testkit.TorrentMaker;
import dev.piecework.worker.fault.Fault;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Whole workers between a real broker and a real database; only swarm and store are played. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class WorkerContract {
  private final List<WorkerApplication> workers = new ArrayList<>();
  private StubSwarm swarm = new StubSwarm();
  private TestDatabase database;
  private TestBroker broker;
  private byte[] torrent = {};
  private String job = "";
  private int jobs;

  @SuppressWarnings("NullAway.Init") // JUnit sets the fields before any test.
  WorkerContract() {}

  abstract TestDatabase open();

  @BeforeAll
  void openServices(@TempDir Path folder) throws Exception {
    broker = TestBroker.start();
    database = open();
    // Three parts: two of 8 MiB and a rest.
    Path file = Content.file(folder.resolve("in/data.bin"), (20L << 20) + 1, 7);
    torrent = TorrentMaker.of(file).pieceBytes(1 << 20).make().metainfo();
  }

  @AfterAll
  void closeServices() throws Exception {
    database.close();
    broker.close();
  }

  @BeforeEach
  void newJob() {
    job = "job-" + ++jobs;
    swarm = new StubSwarm();
  }

  @AfterEach
  void closeWorkers() {
    workers.forEach(WorkerApplication::close);
    workers.clear();
  }

  private WorkerApplication worker(String name, Object... more) {
    Map<String, Object> properties = new HashMap<>();
    properties.putAll(broker.properties());
    properties.putAll(database.properties());
    properties.put("test.swarm", swarm);
    properties.put("test.scratch-id", name);
    properties.put("piecework.worker.slots", 2);
    properties.put("piecework.worker.sweep-interval", "100ms");
    properties.put("piecework.retry.first-delay", "50ms");
    for (int i = 0; i < more.length; i += 2) {
      properties.put((String) more[i], more[i + 1]);
    }
    WorkerApplication worker = WorkerApplication.start(properties, StubSwarm.Side.class);
    workers.add(worker);
    return worker;
  }

  private JobMessage message(Destination destination, JobOptions options) {
    return new JobMessage(1, job, JobSource.Inline.of(torrent), destination, options);
  }

  private JobMessage message() {
    return message(new Destination("data", ""), JobOptions.none());
  }

  private String state() {
    return database
        .jdbc()
        .sql("SELECT state FROM piecework_job WHERE id = :id")
        .param("id", job)
        .query((row, number) -> row.getString(1))
        .single();
  }

  private int parts() {
    return database
        .jdbc()
        .sql("SELECT COUNT(*) FROM piecework_part WHERE job_id = :id")
        .param("id", job)
        .query((row, number) -> row.getInt(1))
        .single();
  }

  private List<String> batchExecutions() {
    return database
        .jdbc()
        .sql(
            """
            SELECT e.STATUS FROM BATCH_JOB_EXECUTION e
            JOIN BATCH_JOB_EXECUTION_PARAMS p ON p.JOB_EXECUTION_ID = e.JOB_EXECUTION_ID
            WHERE p.PARAMETER_VALUE = :id ORDER BY e.JOB_EXECUTION_ID
            """)
        .param("id", job)
        .query((row, number) -> row.getString(1))
        .list();
  }

  private void awaitParts(int count) {
    Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> parts() >= count);
  }

  private void awaitQueueEmpty() {
    Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> broker.ready() == 0);
  }

  @Test
  void aJobGoesItsWay() throws Exception {
    worker("a");
    swarm.permits.release(100);
    broker.submit(message());
    JobEvent completed = broker.await(job, EventType.COMPLETED);
    assertThat(broker.story(job))
        .containsExactly("accepted@0", "started@1", "metadata@1", "file-uploaded@1", "completed@1");
    assertThat(((EventData.Completed) completed.data()).downloadedBytes()).isEqualTo(30);
    assertThat(state()).isEqualTo("COMPLETED");
    Awaitility.await().until(() -> swarm.discarded.contains(job));
    // The event is out before the batch execution has written its own end.
    Awaitility.await()
        .untilAsserted(() -> assertThat(batchExecutions()).containsExactly("COMPLETED"));
    awaitQueueEmpty();
  }

  @Test
  void whatIsNoJobGoesToTheDeadLettersWithItsReason() throws Exception {
    worker("a");
    broker.send("{\"version\":1}".getBytes(StandardCharsets.UTF_8), "m");
    GetResponse dead = broker.awaitDeadLetter();
    assertThat(new String(dead.getBody(), StandardCharsets.UTF_8)).isEqualTo("{\"version\":1}");
    assertThat(dead.getProps().getHeaders().get(Topology.DEAD_LETTER_CODE_HEADER))
        .hasToString("INVALID_MESSAGE");
    assertThat(String.valueOf(dead.getProps().getHeaders().get("piecework-reason")))
        .contains("$.source");
  }

  @Test
  void aPermanentFaultFailsTheJobAndItsMessageIsADeadLetter() throws Exception {
    worker("a");
    JobMessage message = message(new Destination("nowhere", ""), JobOptions.none());
    broker.submit(message);
    JobEvent failed = broker.await(job, EventType.FAILED);
    assertThat(((EventData.Failed) failed.data()).code()).isEqualTo("DESTINATION_REFUSED");
    GetResponse dead = broker.awaitDeadLetter();
    assertThat(JobMessageCodec.decode(dead.getBody())).isEqualTo(message);
    assertThat(dead.getProps().getHeaders().get(Topology.DEAD_LETTER_CODE_HEADER))
        .hasToString("DESTINATION_REFUSED");
    assertThat(state()).isEqualTo("FAILED");
  }

  @Test
  void aTransientFaultIsTriedAgain() throws Exception {
    worker("a");
    swarm.permits.release(100);
    swarm.faults.add(new Fault(Fault.Kind.STORE_UNAVAILABLE, "503"));
    swarm.faults.add(new Fault(Fault.Kind.STALLED, "no peers"));
    broker.submit(message());
    broker.await(job, EventType.COMPLETED);
    assertThat(broker.story(job))
        .containsExactly(
            "accepted@0",
            "started@1",
            "metadata@1",
            "retrying@1",
            "started@2",
            "metadata@2",
            "retrying@2",
            "started@3",
            "metadata@3",
            "file-uploaded@3",
            "completed@3");
    // The event is out before the batch execution has written its own end.
    Awaitility.await()
        .untilAsserted(
            () -> assertThat(batchExecutions()).containsExactly("FAILED", "FAILED", "COMPLETED"));
  }

  @Test
  void transientFaultsEndAtTheJobsOwnLimit() throws Exception {
    worker("a");
    swarm.faults.add(new Fault(Fault.Kind.STALLED, "no peers"));
    swarm.faults.add(new Fault(Fault.Kind.STALLED, "no peers"));
    broker.submit(
        message(
            new Destination("data", ""),
            new JobOptions(
                0,
                Optional.empty(),
                Optional.empty(),
                List.of(),
                Optional.of(2),
                0,
                0,
                Optional.empty(),
                Map.of())));
    JobEvent failed = broker.await(job, EventType.FAILED);
    assertThat(failed.attempt()).isEqualTo(2);
    broker.awaitDeadLetter();
  }

  @Test
  void aRunningJobWhoseDeadlineIsOverStopsAndFails() throws Exception {
    worker("a");
    swarm.permits.release(1);
    JobOptions options = JobOptions.none().withDeadline(Duration.ofSeconds(2));
    broker.submit(message(new Destination("data", ""), options));
    JobEvent failed = broker.await(job, EventType.FAILED);
    assertThat(((EventData.Failed) failed.data()).code()).isEqualTo("DEADLINE_EXCEEDED");
    assertThat(failed.epoch()).as("by the worker that ran it").isEqualTo(1);
    GetResponse dead = broker.awaitDeadLetter();
    assertThat(dead.getProps().getHeaders().get(Topology.DEAD_LETTER_CODE_HEADER))
        .hasToString("DEADLINE_EXCEEDED");
    assertThat(state()).isEqualTo("FAILED");
    assertThat(swarm.closed.availablePermits()).isEqualTo(1);
    awaitQueueEmpty();
  }

  @Test
  void aJobThatSaysNothingHasTheWorkersDeadline() throws Exception {
    worker("a", "piecework.worker.job-deadline", "2s");
    swarm.permits.release(1);
    broker.submit(message());
    JobEvent failed = broker.await(job, EventType.FAILED);
    assertThat(((EventData.Failed) failed.data()).code()).isEqualTo("DEADLINE_EXCEEDED");
  }

  @Test
  void aJobsOwnDeadlineGoesBeforeTheWorkers() throws Exception {
    worker("a", "piecework.worker.job-deadline", "1s");
    JobOptions options = JobOptions.none().withDeadline(Duration.ofHours(2));
    broker.submit(message(new Destination("data", ""), options));
    broker.await(job, EventType.STARTED);
    assertThat(
            database
                .jdbc()
                .sql(
                    "SELECT deadline_at > created_at + INTERVAL '1' HOUR FROM piecework_job WHERE id = :id")
                .param("id", job)
                .query(Boolean.class)
                .single())
        .isTrue();
    // Left alone, its message would come to the next test.
    swarm.permits.release(100);
    broker.await(job, EventType.COMPLETED);
  }

  @Test
  void submittingACompletedJobAgainRepeatsTheSameEvent() throws Exception {
    worker("a");
    swarm.permits.release(100);
    broker.submit(message());
    JobEvent first = broker.await(job, EventType.COMPLETED);
    broker.submit(message());
    JobEvent second = broker.await(job, EventType.COMPLETED, 2);
    assertThat(second).isEqualTo(first);
    assertThat(swarm.started).hasSize(1);
  }

  @Test
  void submittingARunningJobAgainChangesNothing() throws Exception {
    worker("a");
    swarm.permits.release(1);
    broker.submit(message());
    awaitParts(1);
    broker.submit(message());
    broker.submit(message());
    awaitQueueEmpty();
    swarm.permits.release(100);
    broker.await(job, EventType.COMPLETED);
    assertThat(swarm.started).hasSize(1);
  }

  @Test
  void aWorkerThatStopsHandsItsJobToAnotherWhichGoesOn() throws Exception {
    WorkerApplication first = worker("a");
    swarm.permits.release(1);
    broker.submit(message());
    awaitParts(1);
    first.close();
    assertThat(state()).isEqualTo("QUEUED");
    // A quorum queue's count follows the confirmation a little later.
    Awaitility.await().until(() -> broker.ready() == 1);
    // The event is out before the batch execution has written its own end.
    Awaitility.await()
        .untilAsserted(() -> assertThat(batchExecutions()).containsExactly("STOPPED"));
    swarm.permits.release(100);
    worker("b");
    JobEvent completed = broker.await(job, EventType.COMPLETED);
    assertThat(completed.attempt()).isEqualTo(1);
    assertThat(swarm.started.getLast().checkpoint().parts()).hasSize(1);
    assertThat(broker.story(job))
        .containsSubsequence("started@1", "handed-back@1", "started@2", "completed@2");
    assertThat(swarm.closed.availablePermits()).isEqualTo(2);
  }

  private void expireLease() {
    database
        .jdbc()
        .sql("UPDATE piecework_job SET lease_until = :then WHERE id = :id")
        .param("then", OffsetDateTime.now(ZoneOffset.UTC).minusHours(1))
        .param("id", job)
        .update();
  }

  @Test
  void aJobWhoseWorkerFellSilentIsTakenOverAndTheSleeperDoesNoHarm() throws Exception {
    // Never renews within this test: as good as dead, until it wakes.
    worker(
        "sleeper",
        "piecework.worker.lease",
        "1h",
        "piecework.worker.sweep-interval",
        "1h",
        "piecework.worker.slots",
        1);
    StubSwarm sleeping = swarm;
    sleeping.permits.release(1);
    broker.submit(message());
    awaitParts(1);
    swarm = new StubSwarm();
    swarm.permits.release(1);
    worker("heir");
    expireLease();
    Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> swarm.started.size() == 1);
    awaitParts(2);
    // The sleeper's next commit, heartbeat or part, meets the fence.
    sleeping.permits.release(1);
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> sleeping.closed.availablePermits() == 1);
    assertThat(state()).isEqualTo("RUNNING");
    swarm.permits.release(100);
    JobEvent completed = broker.await(job, EventType.COMPLETED);
    assertThat(completed.epoch()).isEqualTo(2);
    assertThat(completed.source()).endsWith("/heir");
    assertThat(parts()).isEqualTo(3);
    // The event is out before the batch execution has written its own end.
    Awaitility.await().untilAsserted(() -> assertThat(batchExecutions()).contains("COMPLETED"));
  }

  @Test
  void aRestartedWorkerGoesOnAtOnceFromWhatItsEarlierLifeLeft() throws Exception {
    WorkerApplication first = worker("a");
    swarm.permits.release(1);
    broker.submit(message());
    awaitParts(1);
    first.close();
    // As a kill would have left it: leased for long, the batch execution STARTED, a step UNKNOWN.
    database
        .jdbc()
        .sql(
            """
            UPDATE piecework_job SET state = 'RUNNING', lease_owner = 'a', lease_until = :then
            WHERE id = :id
            """)
        .param("then", OffsetDateTime.now(ZoneOffset.UTC).plusHours(1))
        .param("id", job)
        .update();
    database
        .jdbc()
        .sql(
            "UPDATE BATCH_JOB_EXECUTION SET STATUS = 'STARTED', END_TIME = NULL WHERE STATUS = 'STOPPED'")
        .update();
    database
        .jdbc()
        .sql("UPDATE BATCH_STEP_EXECUTION SET STATUS = 'UNKNOWN' WHERE STATUS = 'STOPPED'")
        .update();
    swarm.permits.release(100);
    worker("a");
    JobEvent completed = broker.await(job, EventType.COMPLETED);
    assertThat(completed.epoch()).isEqualTo(2);
    assertThat(swarm.started.getLast().checkpoint().parts()).hasSize(1);
    // The event is out before the batch execution has written its own end.
    Awaitility.await()
        .untilAsserted(() -> assertThat(batchExecutions()).containsExactly("FAILED", "COMPLETED"));
  }

  @Test
  void anInstanceWhoseExecutionWasNeverWrittenHoldsNoJobUp() throws Exception {
    WorkerApplication first = worker("a");
    swarm.permits.release(1);
    broker.submit(message());
    awaitParts(1);
    first.close();
    // As a connection that is lost between the two transactions leaves it.
    for (String table :
        List.of(
            "BATCH_STEP_EXECUTION_CONTEXT",
            "BATCH_STEP_EXECUTION",
            "BATCH_JOB_EXECUTION_CONTEXT",
            "BATCH_JOB_EXECUTION_PARAMS",
            "BATCH_JOB_EXECUTION")) {
      database.jdbc().sql("DELETE FROM " + table).update();
    }
    swarm.permits.release(100);
    worker("b");

    JobEvent completed = broker.await(job, EventType.COMPLETED);

    assertThat(completed.epoch()).isEqualTo(2);
    assertThat(swarm.started.getLast().checkpoint().parts()).hasSize(1);
    Awaitility.await()
        .untilAsserted(() -> assertThat(batchExecutions()).containsExactly("COMPLETED"));
  }

  @Test
  void seedingComesAfterCompletionAndEndsByRatio() throws Exception {
    worker("a");
    swarm.permits.release(100);
    broker.submit(
        message(
            new Destination("data", ""),
            new JobOptions(
                0,
                // The stub has given 1,000 bytes from the start.
                Optional.of(0.00001),
                Optional.empty(),
                List.of(),
                Optional.empty(),
                0,
                0,
                Optional.empty(),
                Map.of())));
    broker.await(job, EventType.SEEDING);
    assertThat(broker.story(job)).containsSubsequence("completed@1", "seeding@1");
    Awaitility.await().until(() -> state().equals("COMPLETED"));
    Awaitility.await()
        .untilAsserted(() -> assertThat(batchExecutions()).containsExactly("COMPLETED"));
  }

  @Test
  void ofTwoWorkersEachJobIsRunByOne() throws Exception {
    worker("a");
    worker("b");
    swarm.permits.release(1000);
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      newJobKeepingSwarm();
      ids.add(job);
      broker.submit(message());
      broker.submit(message());
    }
    for (String id : ids) {
      broker.await(id, EventType.COMPLETED);
    }
    assertThat(swarm.started).hasSize(12);
  }

  private void newJobKeepingSwarm() {
    job = "job-" + ++jobs;
  }
}
