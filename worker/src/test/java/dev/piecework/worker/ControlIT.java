package dev.piecework.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import dev.piecework.message.ControlCodec;
import dev.piecework.message.ControlReply;
import dev.piecework.message.ControlReply.Code;
import dev.piecework.message.ControlRequest;
import dev.piecework.message.Destination;
import dev.piecework.message.EventData;
import dev.piecework.message.EventType;
import dev.piecework.message.JobMessage;
import dev.piecework.message.JobOptions;
import dev.piecework.message.JobSource;
import dev.piecework.message.JobStatus;
import dev.piecework.message.JobTransition;
import dev.piecework.message.Topology;
import dev.piecework.message.WorkerLimit;
import dev.piecework.testkit.Content;
import dev.piecework.testkit.TorrentMaker;
import dev.piecework.worker.fault.Fault;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Requests to whole workers, over a real broker; only swarm and store are played. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ControlIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private final List<WorkerApplication> workers = new ArrayList<>();
  private final BlockingQueue<byte[]> replies = new LinkedBlockingQueue<>();
  private StubSwarm swarm = new StubSwarm();
  private TestDatabase database;
  private TestBroker broker;
  private Connection connection;
  private Channel channel;
  private String replyQueue = "";
  private byte[] torrent = {};
  private String job = "";
  private int jobs;

  @SuppressWarnings("NullAway.Init") // JUnit sets the fields before any test.
  ControlIT() {}

  @BeforeAll
  void openServices(@TempDir Path folder) throws Exception {
    broker = TestBroker.start();
    database = TestDatabase.h2();
    // Three parts: two of 8 MiB and a rest.
    Path file = Content.file(folder.resolve("in/data.bin"), (20L << 20) + 1, 7);
    torrent = TorrentMaker.of(file).pieceBytes(1 << 20).make().metainfo();
    connection = broker.connect();
    channel = connection.createChannel();
    replyQueue = channel.queueDeclare().getQueue();
    channel.basicConsume(
        replyQueue, true, (_, delivery) -> replies.add(delivery.getBody()), _ -> {});
  }

  @AfterAll
  void closeServices() throws Exception {
    connection.close();
    database.close();
    broker.close();
  }

  @BeforeEach
  void newJob() {
    job = "job-" + ++jobs;
    swarm = new StubSwarm();
    replies.clear();
  }

  @AfterEach
  void closeWorkers() {
    workers.forEach(WorkerApplication::close);
    workers.clear();
    // What a test leaves must not take the next one's slots.
    database
        .jdbc()
        .sql("UPDATE piecework_job SET state = 'CANCELLED', due_at = NULL, lease_owner = ''")
        .update();
  }

  private WorkerApplication worker(String name, Object... more) {
    Map<String, Object> properties = new HashMap<>();
    properties.putAll(broker.properties());
    properties.putAll(database.properties());
    properties.put("test.swarm", swarm);
    properties.put("test.scratch-id", name);
    properties.put("piecework.worker.slots", 2);
    properties.put("piecework.worker.sweep-interval", "100ms");
    properties.put("piecework.retry.first-delay", "1h");
    properties.put("piecework.retry.max-delay", "1h");
    for (int i = 0; i < more.length; i += 2) {
      properties.put((String) more[i], more[i + 1]);
    }
    WorkerApplication worker = WorkerApplication.start(properties, StubSwarm.Side.class);
    workers.add(worker);
    return worker;
  }

  private void submit(Map<String, String> labels) throws Exception {
    submit(labels, Optional.empty());
  }

  private void submit(Map<String, String> labels, Optional<Double> seedRatio) throws Exception {
    broker.submit(
        new JobMessage(
            1,
            job,
            JobSource.Inline.of(torrent),
            new Destination("data", ""),
            new JobOptions(
                3,
                seedRatio,
                Optional.empty(),
                List.of(),
                Optional.empty(),
                0,
                0,
                Optional.empty(),
                labels)));
  }

  private void submitAndAwaitPart() throws Exception {
    submit(Map.of());
    swarm.permits.release(1);
    Awaitility.await().atMost(LIMIT).until(() -> parts() == 1);
  }

  private int parts() {
    return database
        .jdbc()
        .sql("SELECT COUNT(*) FROM piecework_part WHERE job_id = :id")
        .param("id", job)
        .query((row, number) -> row.getInt(1))
        .single();
  }

  private void send(byte[] body, String messageId, String expiration) throws Exception {
    channel.basicPublish(
        Topology.CONTROL_EXCHANGE,
        Topology.REQUEST_KEY,
        new AMQP.BasicProperties.Builder()
            .messageId(messageId)
            .correlationId(messageId)
            .replyTo(replyQueue)
            .expiration(expiration)
            .build(),
        body);
  }

  private ControlReply next() throws Exception {
    byte[] reply = replies.poll(LIMIT.toSeconds(), TimeUnit.SECONDS);
    assertThat(reply).as("a reply").isNotNull();
    return ControlCodec.decodeReply(reply);
  }

  private ControlReply ask(ControlRequest request) throws Exception {
    send(ControlCodec.encode(request), UUID.randomUUID().toString(), "60000");
    return next();
  }

  private JobStatus ordered(ControlRequest request) throws Exception {
    assertThat(ask(request))
        .isInstanceOfSatisfying(
            ControlReply.Ordered.class, reply -> assertThat(reply.inEffect()).isTrue());
    return get().job();
  }

  private ControlReply.Details get() throws Exception {
    return (ControlReply.Details) ask(new ControlRequest.GetJob(job));
  }

  @Test
  void aRunningJobRestsGoesOnAndKeepsWhatItHad() throws Exception {
    worker("a");
    submitAndAwaitPart();

    JobStatus paused = ordered(new ControlRequest.Pause(job, "backup"));

    assertThat(paused.state()).isEqualTo("paused");
    assertThat(paused.reason()).isEqualTo("by order: backup");
    assertThat(paused.worker()).isEmpty();
    broker.await(job, EventType.PAUSED);
    assertThat(swarm.closed.tryAcquire(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
    assertThat(swarm.aborted).isEmpty();
    assertThat(swarm.discarded).isEmpty();

    swarm.permits.release(100);
    assertThat(ordered(new ControlRequest.Resume(job)).state()).isIn("queued", "running");
    broker.await(job, EventType.COMPLETED);
    assertThat(swarm.started.getLast().checkpoint().parts()).hasSize(1);
    assertThat(broker.story(job))
        .containsExactly(
            "accepted@0",
            "started@1",
            "metadata@1",
            "paused@1",
            "resumed@2",
            "started@3",
            "metadata@3",
            "file-uploaded@3",
            "completed@3");
    assertThat(get().transitions())
        .extracting(JobTransition::to)
        .containsExactly("queued", "running", "paused", "queued", "running", "completed");
  }

  @Test
  void aRunningJobIsCancelledAndNothingOfItIsLeftOpen() throws Exception {
    worker("a");
    submitAndAwaitPart();

    JobStatus cancelled = ordered(new ControlRequest.Cancel(job, false, ""));

    assertThat(cancelled.state()).isEqualTo("cancelled");
    assertThat(cancelled.uploadedBytes()).isZero();
    assertThat(((EventData.Cancelled) broker.await(job, EventType.CANCELLED).data()))
        .isEqualTo(new EventData.Cancelled(false));
    assertThat(swarm.aborted).containsExactly("upload");
    assertThat(swarm.deleted).isEmpty();
    assertThat(swarm.discarded).contains(job);
    assertThat(parts()).isZero();
    Awaitility.await().atMost(LIMIT).until(() -> broker.ready() == 0);
  }

  @Test
  void aPausedJobIsCancelledWithItsObjects() throws Exception {
    worker("a");
    submitAndAwaitPart();
    ordered(new ControlRequest.Pause(job, ""));

    assertThat(ordered(new ControlRequest.Cancel(job, true, "wrong year")).state())
        .isEqualTo("cancelled");

    assertThat(broker.await(job, EventType.CANCELLED).data())
        .isEqualTo(new EventData.Cancelled(true));
    assertThat(swarm.deleted).contains("data.bin").hasSize(2);
  }

  @Test
  void aJobThatSeedsIsCompleteAndEndsItsSeedingWhenCancelled() throws Exception {
    worker("a");
    swarm.permits.release(100);
    submit(Map.of(), Optional.of(1000.0));
    broker.await(job, EventType.SEEDING);

    JobStatus ended = ordered(new ControlRequest.Cancel(job, false, "the host is needed"));

    assertThat(ended.state()).isEqualTo("completed");
    assertThat(ended.reason()).isEqualTo("by order: the host is needed; seeding ended");
    assertThat(swarm.deleted).isEmpty();
    assertThat(broker.story(job)).endsWith("completed@1", "seeding@1");
    Awaitility.await().atMost(LIMIT).until(() -> broker.ready() == 0);
  }

  @Test
  void aStoreThatIsAwayOnlyDelaysACancellation() throws Exception {
    worker("a", "piecework.worker.control-wait", "100ms");
    submitAndAwaitPart();
    swarm.clearingFaults.add(new Fault(Fault.Kind.STORE_UNAVAILABLE, "503"));

    ControlReply.Ordered reply =
        (ControlReply.Ordered) ask(new ControlRequest.Cancel(job, false, ""));

    assertThat(reply.inEffect()).isFalse();
    broker.await(job, EventType.CANCELLED);
    assertThat(swarm.aborted).containsExactly("upload");
    assertThat(get().transitions())
        .extracting(JobTransition::reason)
        .contains("STORE_UNAVAILABLE: 503");
  }

  @Test
  void whatCannotBeClearedAwayIsSaid() throws Exception {
    worker("a");
    submitAndAwaitPart();
    swarm.clearingFaults.add(new Fault(Fault.Kind.DESTINATION_REFUSED, "403"));

    JobStatus cancelled = ordered(new ControlRequest.Cancel(job, true, ""));

    assertThat(cancelled.reason()).isEqualTo("left in the store: DESTINATION_REFUSED: 403");
    assertThat(broker.await(job, EventType.CANCELLED).data())
        .isEqualTo(new EventData.Cancelled(false));
  }

  @Test
  void aJobIsReachedWhicheverWorkerAnswers() throws Exception {
    worker("a");
    submitAndAwaitPart();
    worker("b");
    worker("c");
    for (int round = 1; round <= 4; round++) {
      assertThat(ordered(new ControlRequest.Pause(job, "")).state()).isEqualTo("paused");
      ordered(new ControlRequest.Resume(job));
      broker.await(job, EventType.STARTED, round + 1);
    }
    assertThat(ordered(new ControlRequest.Cancel(job, false, "")).state()).isEqualTo("cancelled");
  }

  @Test
  void aWorkerThatMissesTheNudgeObeysWhenItRenewsItsLease() throws Exception {
    worker("a", "piecework.worker.lease", "1s");
    submitAndAwaitPart();

    database
        .jdbc()
        .sql("UPDATE piecework_job SET ordered = 'PAUSE' WHERE id = :id")
        .param("id", job)
        .update();

    broker.await(job, EventType.PAUSED);
  }

  @Test
  void aFailedJobIsRetried() throws Exception {
    worker("a");
    swarm.faults.add(new Fault(Fault.Kind.DESTINATION_REFUSED, "no"));
    swarm.permits.release(100);
    submit(Map.of());
    broker.await(job, EventType.FAILED);

    ordered(new ControlRequest.Retry(job));

    broker.await(job, EventType.COMPLETED);
    assertThat(broker.awaitDeadLetter().getProps().getHeaders())
        .containsKey(Topology.DEAD_LETTER_CODE_HEADER);
  }

  @Test
  void aJobThatWaitsForItsNextAttemptHasItNow() throws Exception {
    worker("a");
    swarm.faults.add(new Fault(Fault.Kind.STALLED, "no peers"));
    swarm.permits.release(100);
    submit(Map.of());
    broker.await(job, EventType.RETRYING);
    assertThat(get().job().dueAt()).isPresent();

    ordered(new ControlRequest.Retry(job));

    broker.await(job, EventType.COMPLETED);
  }

  @Test
  void aCompletedJobIsAConflictAndAnUnknownOneIsNotFound() throws Exception {
    worker("a");
    swarm.permits.release(100);
    submit(Map.of());
    broker.await(job, EventType.COMPLETED);

    assertThat(ask(new ControlRequest.Cancel(job, true, "")))
        .isEqualTo(
            new ControlReply.Refused(
                Code.CONFLICT, "job " + job + " has completed: there is nothing left to cancel"));
    assertThat(ask(new ControlRequest.Pause("nobody", "")))
        .isInstanceOfSatisfying(
            ControlReply.Refused.class,
            refused -> assertThat(refused.code()).isEqualTo(Code.NOT_FOUND));
    assertThat(swarm.deleted).isEmpty();
  }

  @Test
  void jobsAreListedByStateAndLabelInPages() throws Exception {
    worker("a", "piecework.worker.slots", 5);
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      job = "list-" + jobs + "-" + i;
      ids.add(job);
      submit(Map.of("round", "r" + jobs, "odd", i % 2 == 0 ? "50%" : "a\"b_"));
      broker.await(job, EventType.STARTED);
    }
    ordered(new ControlRequest.Pause(ids.get(4), ""));
    Map<String, String> round = Map.of("round", "r" + jobs);

    assertThat(list(List.of(), round, 3, Optional.empty()).jobs())
        .extracting(JobStatus::id)
        .containsExactlyElementsOf(ids.subList(0, 3));
    assertThat(list(List.of(), round, 3, Optional.empty()).more()).isTrue();
    ControlReply.Page rest = list(List.of(), round, 3, Optional.of(ids.get(2)));
    assertThat(rest.jobs()).extracting(JobStatus::id).containsExactly(ids.get(3), ids.get(4));
    assertThat(rest.more()).isFalse();
    assertThat(list(List.of("paused"), round, 100, Optional.empty()).jobs())
        .extracting(JobStatus::id)
        .containsExactly(ids.get(4));
    assertThat(
            list(List.of(), Map.of("round", "r" + jobs, "odd", "a\"b_"), 100, Optional.empty())
                .jobs())
        .extracting(JobStatus::id)
        .containsExactly(ids.get(1), ids.get(3));
    assertThat(list(List.of(), Map.of("odd", "%"), 100, Optional.empty()).jobs()).isEmpty();
    assertThat(ask(new ControlRequest.ListJobs(List.of("asleep"), Map.of(), 100, Optional.empty())))
        .isInstanceOfSatisfying(
            ControlReply.Refused.class,
            refused ->
                assertThat(refused.message())
                    .contains("\"asleep\"")
                    .contains("queued, running, retrying"));
  }

  private ControlReply.Page list(
      List<String> states, Map<String, String> labels, int limit, Optional<String> after)
      throws Exception {
    return (ControlReply.Page) ask(new ControlRequest.ListJobs(states, labels, limit, after));
  }

  private void everyone(ControlRequest request) throws Exception {
    channel.basicPublish(
        Topology.CONTROL_EXCHANGE,
        Topology.LIMITS_KEY,
        new AMQP.BasicProperties.Builder().correlationId("c").replyTo(replyQueue).build(),
        ControlCodec.encode(request));
  }

  @Test
  void everyWorkerTellsItsLimits() throws Exception {
    worker("a");
    worker("b", "piecework.worker.slots", 7, "piecework.engine.connections-per-second", 30);
    submitAndAwaitPart();

    everyone(new ControlRequest.GetLimits());
    Map<String, ControlReply.Limits> told = new HashMap<>();
    for (int i = 0; i < 2; i++) {
      ControlReply.Limits one = (ControlReply.Limits) next();
      told.put(one.worker(), one);
    }

    assertThat(told.get("a")).satisfies(a -> assertThat(a.host()).isNotEmpty());
    assertThat(limit(told.get("a"), "slots").limit()).contains(2L);
    assertThat(limit(told.get("b"), "slots").limit()).contains(7L);
    assertThat(
            told.values().stream().mapToLong(each -> limit(each, "slots").used().orElse(0L)).sum())
        .isEqualTo(1);
    assertThat(limit(told.get("b"), "connections_per_second"))
        .isEqualTo(
            new WorkerLimit(
                "connections_per_second", "count/s", Optional.of(30L), Optional.empty()));
  }

  private static WorkerLimit limit(ControlReply.@Nullable Limits limits, String name) {
    return Objects.requireNonNull(limits).limits().stream()
        .filter(each -> each.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void aWorkerThatIsAskedAloneTellsItsOwnLimits() throws Exception {
    worker("a");

    assertThat(((ControlReply.Limits) ask(new ControlRequest.GetLimits())).worker()).isEqualTo("a");
  }

  @Test
  void anOrderIsNotGivenToEveryWorker() throws Exception {
    worker("a");
    submitAndAwaitPart();

    everyone(new ControlRequest.Cancel(job, true, ""));

    assertThat(next())
        .isInstanceOfSatisfying(
            ControlReply.Refused.class,
            refused -> assertThat(refused.code()).isEqualTo(Code.INVALID));
    assertThat(get().job().state()).isEqualTo("running");
  }

  @Test
  void whatIsNoRequestIsAnsweredWithTheReason() throws Exception {
    worker("a");
    send("{\"version\":7}".getBytes(StandardCharsets.UTF_8), "m1", "60000");
    assertThat(next())
        .isInstanceOfSatisfying(
            ControlReply.Refused.class,
            refused -> {
              assertThat(refused.code()).isEqualTo(Code.UNSUPPORTED);
              assertThat(refused.message()).contains("$.version");
            });
  }

  @Test
  void aRequestThatIsDeliveredTwiceIsCarriedOutOnce() throws Exception {
    worker("a");
    submitAndAwaitPart();
    byte[] pause = ControlCodec.encode(new ControlRequest.Pause(job, ""));
    String id = UUID.randomUUID().toString();
    send(pause, id, "60000");
    assertThat(next()).isInstanceOf(ControlReply.Ordered.class);
    ordered(new ControlRequest.Resume(job));
    broker.await(job, EventType.STARTED, 2);

    send(pause, id, "60000");

    assertThat(next())
        .isInstanceOfSatisfying(
            ControlReply.Refused.class,
            refused -> assertThat(refused.code()).isEqualTo(Code.CONFLICT));
    assertThat(get().job().state()).isEqualTo("running");
  }
}
