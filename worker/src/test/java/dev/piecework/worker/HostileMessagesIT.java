package dev.piecework.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.GetResponse;
import dev.piecework.message.ControlCodec;
import dev.piecework.message.ControlReply;
import dev.piecework.message.ControlRequest;
import dev.piecework.message.Destination;
import dev.piecework.message.EventData;
import dev.piecework.message.EventType;
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
import java.time.Instant;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What a stranger may put on the queues, against a real broker and PostgreSQL: the worker takes it
 * or sets it aside with its reason, lives, and does the next honest job.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HostileMessagesIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private final StubSwarm swarm = new StubSwarm();
  private final BlockingQueue<ControlReply> replies = new LinkedBlockingQueue<>();
  private TestBroker broker;
  private TestDatabase database;
  private WorkerApplication worker;
  private Connection connection;
  private Channel channel;
  private byte[] torrent = {};
  private String replyQueue = "";
  private int jobs;

  @SuppressWarnings("NullAway.Init") // JUnit sets the fields before any test.
  HostileMessagesIT() {}

  @BeforeAll
  void open(@TempDir Path folder) throws Exception {
    broker = TestBroker.start();
    database = TestDatabase.postgres();
    Path file = Content.file(folder.resolve("in/data.bin"), 1 << 20, 7);
    torrent = TorrentMaker.of(file).pieceBytes(1 << 18).make().metainfo();
    connection = broker.connect();
    channel = connection.createChannel();
    Map<String, Object> properties = new HashMap<>(broker.properties());
    properties.putAll(database.properties());
    properties.put("test.swarm", swarm);
    properties.put("test.scratch-id", "hostile");
    properties.put("piecework.worker.slots", 2);
    properties.put("piecework.worker.sweep-interval", "100ms");
    properties.put("piecework.http.port", 0);
    worker = WorkerApplication.start(properties, StubSwarm.Side.class);
    swarm.permits.release(1000);
    String own = Topology.REPLY_PREFIX + UUID.randomUUID();
    channel.queueDeclare(own, false, true, true, Map.of());
    channel.queueBind(own, Topology.CONTROL_EXCHANGE, own);
    replyQueue = own;
    channel.basicConsume(
        own,
        true,
        (_, reply) -> {
          try {
            replies.add(ControlCodec.decodeReply(reply.getBody()));
          } catch (dev.piecework.message.MessageException e) {
            throw new IllegalStateException(e);
          }
        },
        _ -> {});
  }

  @AfterAll
  void close() throws Exception {
    worker.close();
    connection.close();
    database.close();
    broker.close();
  }

  @BeforeEach
  void clean() {
    replies.clear();
    jobs++;
  }

  private byte[] job(String id) {
    return JobMessageCodec.encode(
        new JobMessage(
            1, id, JobSource.Inline.of(torrent), new Destination("data", ""), JobOptions.none()));
  }

  private String id() {
    return "h-" + jobs;
  }

  private void send(AMQP.BasicProperties.Builder properties, byte[] body) throws Exception {
    channel.basicPublish(
        Topology.JOBS_EXCHANGE, Topology.JOBS_QUEUE, properties.deliveryMode(2).build(), body);
  }

  private static AMQP.BasicProperties.Builder properties() {
    return new AMQP.BasicProperties.Builder().messageId(UUID.randomUUID().toString());
  }

  /** The next job goes through, and nothing is left on the queues. */
  private void honestJobRuns() throws Exception {
    String id = "honest-" + jobs;
    send(properties(), job(id));
    broker.await(id, EventType.COMPLETED);
    Awaitility.await()
        .atMost(LIMIT)
        .until(() ->
            channel.messageCount(Topology.JOBS_QUEUE) == 0
                && channel.messageCount(Topology.REGISTRATIONS_QUEUE) == 0);
    assertThat(worker.ready()).isTrue();
  }

  /** On the envelope, where anything may stand: the job is taken all the same. */
  enum Envelope {
    ZERO_BYTE_IN_ID,
    ONLY_A_ZERO_BYTE_AS_ID,
    NO_ID,
    LONGEST_ID,
    ZERO_BYTES_IN_HEADERS,
    HUGE_HEADERS,
    HEADERS_OF_EVERY_TYPE,
    TIME_AT_THE_END_OF_TIME,
    TIME_BEFORE_ALL,
    WRONG_CONTENT_TYPE,
    HIGHEST_PRIORITY,
    REPLY_TO_AND_REST,
    FORGED_CONTINUATION
  }

  private static AMQP.BasicProperties.Builder in(Envelope envelope) {
    AMQP.BasicProperties.Builder plain = properties();
    return switch (envelope) {
      case ZERO_BYTE_IN_ID -> plain.messageId("a\0b");
      case ONLY_A_ZERO_BYTE_AS_ID -> plain.messageId("\0");
      case NO_ID -> plain.messageId(null);
      case LONGEST_ID -> plain.messageId("\u0000\u0001\u202e".repeat(51));
      case ZERO_BYTES_IN_HEADERS -> plain.headers(Map.of("a\0", "b\0", "traceparent", "\0"));
      case HUGE_HEADERS -> plain.headers(Map.of("x", "y".repeat(100_000)));
      case HEADERS_OF_EVERY_TYPE ->
          plain.headers(
              Map.of(
                  "traceparent",
                  Map.of("a", List.of(1, 2L, 3.5, true, new byte[] {0})),
                  "piecework-code",
                  Date.from(Instant.EPOCH)));
      case TIME_AT_THE_END_OF_TIME ->
          plain.timestamp(Date.from(Instant.ofEpochMilli(Long.MAX_VALUE)));
      case TIME_BEFORE_ALL -> plain.timestamp(Date.from(Instant.ofEpochMilli(Long.MIN_VALUE)));
      case WRONG_CONTENT_TYPE -> plain.contentType("image/png\0").contentEncoding("gzip");
      case HIGHEST_PRIORITY -> plain.priority(255);
      case REPLY_TO_AND_REST ->
          plain.replyTo("piecework.jobs").correlationId("\0").type("\0").appId("\0");
      case FORGED_CONTINUATION -> plain.headers(Map.of("piecework-continuation", "true"));
    };
  }

  @ParameterizedTest
  @EnumSource(Envelope.class)
  void aJobIsTakenWhateverStandsOnItsEnvelope(Envelope envelope) throws Exception {
    send(in(envelope), job(id()));
    broker.await(id(), EventType.COMPLETED);
    honestJobRuns();
  }

  /** What is no job. */
  enum Body {
    EMPTY("NOT_JSON"),
    BROKEN_UTF_8("NOT_JSON"),
    ZERO_BYTES("NOT_JSON"),
    ZERO_BYTE_IN_JOB_ID("INVALID"),
    LONGER_THAN_A_JOB("TOO_LARGE"),
    LONGER_THAN_THE_CLIENT_READS("TOO_LARGE");

    private final String reason;

    Body(String reason) {
      this.reason = reason;
    }
  }

  private byte[] bytes(Body body) {
    return switch (body) {
      case EMPTY -> new byte[0];
      case BROKEN_UTF_8 ->
          "{\"source\":{\"url\":\"\u00ff\u00fe\"}}".getBytes(StandardCharsets.ISO_8859_1);
      case ZERO_BYTES -> new byte[1000];
      case ZERO_BYTE_IN_JOB_ID ->
          new String(job("ID"), StandardCharsets.UTF_8)
              .replace("\"ID\"", "\"a\\u0000b\"")
              .getBytes(StandardCharsets.UTF_8);
      case LONGER_THAN_A_JOB -> new byte[JobMessageCodec.MAX_BYTES + 1];
      case LONGER_THAN_THE_CLIENT_READS -> new byte[(64 << 20) + 1];
    };
  }

  @ParameterizedTest
  @EnumSource(Body.class)
  void whatIsNoJobIsSetAsideWithItsReason(Body body) throws Exception {
    send(properties().messageId("m\0"), bytes(body));
    GetResponse dead = broker.awaitDeadLetter();
    assertThat(String.valueOf(dead.getProps().getHeaders().get(Topology.DEAD_LETTER_CODE_HEADER)))
        .isEqualTo("INVALID_MESSAGE");
    assertThat(String.valueOf(dead.getProps().getHeaders().get(Topology.DEAD_LETTER_REASON_HEADER)))
        .contains(body.reason);
    honestJobRuns();
  }

  @Test
  void aForgedContinuationOfAFailedJobIsASubmission() throws Exception {
    swarm.faults.add(new Fault(Fault.Kind.DESTINATION_REFUSED, "no"));
    send(properties(), job(id()));
    broker.await(id(), EventType.FAILED);
    broker.awaitDeadLetter();
    send(properties().headers(Map.of("piecework-continuation", "true")), job(id()));
    broker.await(id(), EventType.COMPLETED);
  }

  @Test
  void anotherJobUnderAnIdThatIsTakenIsADeadLetterAndTheFirstGoesItsWay() throws Exception {
    send(properties(), job(id()));
    broker.await(id(), EventType.COMPLETED);
    byte[] other =
        JobMessageCodec.encode(
            new JobMessage(
                1,
                id(),
                JobSource.Inline.of(torrent),
                new Destination("data", "elsewhere/"),
                JobOptions.none()));
    send(properties().messageId("other"), other);

    EventData.Refused refused = (EventData.Refused) broker.await(id(), EventType.REFUSED).data();
    assertThat(refused.submission()).isEqualTo("other");
    assertThat(refused.code()).isEqualTo("ID_TAKEN");
    GetResponse dead = broker.awaitDeadLetter();
    assertThat(dead.getBody()).isEqualTo(other);
    assertThat(dead.getProps().getHeaders().get(Topology.DEAD_LETTER_CODE_HEADER))
        .hasToString("ID_TAKEN");
    assertThat(dead.getProps().getHeaders().get(Topology.DEAD_LETTER_REASON_HEADER))
        .hasToString(refused.reason());
    assertThat(refused.reason())
        .contains("destination is s3://data/, submitted s3://data/elsewhere/");
    honestJobRuns();
  }

  private void ask(AMQP.BasicProperties.Builder properties, byte[] body) throws Exception {
    channel.basicPublish(Topology.CONTROL_EXCHANGE, Topology.REQUEST_KEY, properties.build(), body);
  }

  private ControlReply reply() throws Exception {
    ControlReply reply = replies.poll(LIMIT.toSeconds(), TimeUnit.SECONDS);
    assertThat(reply).as("a reply").isNotNull();
    return reply;
  }

  private void honestRequestIsAnswered() throws Exception {
    ask(properties().replyTo(replyQueue), ControlCodec.encode(new ControlRequest.GetJob("none")));
    assertThat(((ControlReply.Refused) reply()).code()).isEqualTo(ControlReply.Code.NOT_FOUND);
  }

  @Test
  void requestsLongerThanAnyAreRefusedUnread() throws Exception {
    for (int bytes : List.of(300_000, 17 << 20, (64 << 20) + 1)) {
      ask(properties().replyTo(replyQueue), new byte[bytes]);
      ControlReply.Refused refused = (ControlReply.Refused) reply();
      assertThat(refused.code()).isEqualTo(ControlReply.Code.INVALID);
      assertThat(refused.message()).contains("TOO_LARGE").contains("" + bytes);
    }
    honestRequestIsAnswered();
  }

  @Test
  void aRequestWithAZeroByteInItsIdIsAnswered() throws Exception {
    ask(
        properties().messageId("a\0b").replyTo(replyQueue).expiration("30000"),
        ControlCodec.encode(new ControlRequest.Pause("none", "")));
    assertThat(((ControlReply.Refused) reply()).code()).isEqualTo(ControlReply.Code.NOT_FOUND);
    honestRequestIsAnswered();
  }

  @Test
  void anAnswerGoesToNoQueueThatIsNotForReplies() throws Exception {
    String victim = "somebody-elses-" + UUID.randomUUID();
    channel.queueDeclare(victim, false, true, true, Map.of());
    for (String to : List.of(victim, Topology.JOBS_QUEUE, "order.x", "request", "\0")) {
      ask(properties().replyTo(to), ControlCodec.encode(new ControlRequest.GetJob("none")));
    }
    // One after the other would prove more, but requests are answered at once and in any order.
    for (int i = 0; i < 5; i++) {
      honestRequestIsAnswered();
    }
    Awaitility.await()
        .atMost(LIMIT)
        .until(() -> channel.messageCount(Topology.REQUESTS_QUEUE) == 0);
    assertThat(channel.messageCount(victim)).isZero();
    assertThat(channel.messageCount(Topology.DEAD_LETTER_QUEUE)).isZero();
    honestJobRuns();
  }
}
