package dev.piecework.worker.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import dev.piecework.message.Topology;
import dev.piecework.testkit.FaultProxy;
import dev.piecework.testkit.RabbitBroker;
import dev.piecework.worker.TestDatabase;
import dev.piecework.worker.broker.BrokerTopology;
import dev.piecework.worker.broker.OutgoingMessage;
import dev.piecework.worker.broker.Publisher;
import dev.piecework.worker.settings.BrokerSettings;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The relay between a real database and a real broker. */
class OutboxRelayIT {
  private final TestDatabase database = TestDatabase.postgres();
  private final RabbitBroker broker = RabbitBroker.start();
  private final Outbox outbox = new Outbox(database.jdbc());
  private final List<Heard> heard = new CopyOnWriteArrayList<>();
  private final List<Publisher> publishers = new ArrayList<>();
  private Connection connection;

  /** A message as a consumer sees it; the AMQP message id is the event's id. */
  private record Heard(String id, String body) {}

  @SuppressWarnings("NullAway.Init") // JUnit sets the field before any test.
  OutboxRelayIT() {}

  @BeforeEach
  void listen() throws Exception {
    database
        .jdbc()
        .sql(
            """
            INSERT INTO piecework_job(id, message, submission, state, reason, attempt, failures,
              progressed, epoch, lease_owner, requeues, priority, labels, bucket,
              prefix, info_hash, name, total_bytes, total_pieces, total_files, downloaded_bytes,
              sent_bytes, created_at, updated_at)
            VALUES ('job', 'the job itself', '', 'QUEUED', '', 1, 0, FALSE, 1, '', 0, 0,
              '{}', '', '', '', '', 0, 0, 0, 0, 0, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP)
            """)
        .update();
    connection = broker.connectionFactory().newConnection();
    Channel channel = connection.createChannel();
    BrokerTopology.declare(channel);
    String queue = channel.queueDeclare().getQueue();
    channel.queueBind(queue, Topology.EVENTS_EXCHANGE, "#");
    channel.basicConsume(
        queue,
        true,
        (tag, delivery) ->
            heard.add(
                new Heard(
                    delivery.getProperties().getMessageId(),
                    new String(delivery.getBody(), StandardCharsets.UTF_8))),
        tag -> {});
  }

  @AfterEach
  void close() throws Exception {
    publishers.forEach(Publisher::close);
    connection.close();
    broker.close();
    database.close();
  }

  private Publisher publisher() {
    return publisher(broker.port());
  }

  private Publisher publisher(int port) {
    String path = broker.virtualHost().equals("/") ? "" : "/" + broker.virtualHost();
    Publisher publisher =
        new Publisher(
            new BrokerSettings(
                URI.create("amqp://%s:%d%s".formatted(broker.host(), port, path)),
                broker.user(),
                broker.password(),
                "",
                "",
                false),
            "test",
            Duration.ofSeconds(10));
    publishers.add(publisher);
    return publisher;
  }

  private OutboxRelay relay() {
    return new OutboxRelay(outbox, database.transactions(), publisher());
  }

  private void write(int from, int to, String exchange, boolean mandatory) {
    for (int i = from; i < to; i++) {
      int number = i;
      database
          .transactions()
          .executeWithoutResult(status ->
              outbox.add(
                  new OutboxEntry(
                      "id-" + number,
                      "job",
                      1,
                      "event",
                      "" + number,
                      exchange,
                      "key",
                      0,
                      "text/plain",
                      Map.of(),
                      mandatory,
                      Optional.of("" + number)),
                  Instant.EPOCH));
    }
  }

  private static List<String> numbers(int count) {
    return IntStream.range(0, count).mapToObj(Integer::toString).toList();
  }

  private void awaitHeard(int count) {
    Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> heard.size() >= count);
  }

  @Test
  void keepsTheOrderAndMarksWhatWasConfirmed() {
    write(0, 500, Topology.EVENTS_EXCHANGE, false);
    OutboxRelay relay = relay();
    while (relay.relay() == OutboxRelay.Round.MORE) {}
    awaitHeard(500);
    assertThat(heard).extracting(Heard::body).isEqualTo(numbers(500));
    assertThat(outbox.anyPending("job")).isFalse();
  }

  @Test
  void manyRelaysTogetherPublishEachEntryOnceAndInOrder() throws Exception {
    List<Thread> threads = new ArrayList<>();
    write(0, 300, Topology.EVENTS_EXCHANGE, false);
    for (int i = 0; i < 4; i++) {
      OutboxRelay relay = relay();
      threads.add(
          Thread.startVirtualThread(() -> {
            while (outbox.anyPending("job")) {
              relay.relay();
            }
          }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    awaitHeard(300);
    assertThat(heard).extracting(Heard::body).isEqualTo(numbers(300));
  }

  @Test
  void whatIsAskedForAgainWhileItIsBeingPublishedIsPublishedAgain() {
    write(0, 2, Topology.EVENTS_EXCHANGE, false);
    assertThat(outbox.take("a", Duration.ofSeconds(60))).isTrue();
    List<Outbox.Pending> published = outbox.pending(10, 1000).entries();
    // Whoever asks waits for nobody.
    database.transactions().executeWithoutResult(any -> outbox.again("job", "event"));
    assertThat(outbox.giveBack("a")).isTrue();
    outbox.published(published);
    assertThat(outbox.pending(10, 1000).entries())
        .extracting(pending -> pending.entry().discriminator())
        .containsExactly("1");
    assertThat(relay().relay()).isEqualTo(OutboxRelay.Round.DONE);
    assertThat(outbox.anyPending()).isFalse();
  }

  @Test
  void whoseLeaseRanOutMarksNothing() {
    assertThat(outbox.take("a", Duration.ofSeconds(1))).isTrue();
    assertThat(outbox.take("b", Duration.ofSeconds(60))).isFalse();
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> outbox.take("b", Duration.ofSeconds(60)));
    assertThat(outbox.giveBack("a")).isFalse();
    assertThat(outbox.giveBack("b")).isTrue();
  }

  @Test
  void aFrozenLinkToTheBrokerHoldsNothingInTheDatabaseAndOthersPublish() throws Exception {
    try (FaultProxy link = FaultProxy.tcp(broker.address())) {
      OutboxRelay frozen =
          new OutboxRelay(outbox, database.transactions(), publisher(link.address().getPort()));
      write(0, 1, Topology.EVENTS_EXCHANGE, false);
      assertThat(frozen.relay()).isEqualTo(OutboxRelay.Round.DONE);

      link.pause();
      write(1, 3, Topology.EVENTS_EXCHANGE, false);
      AtomicReference<OutboxRelay.Round> round = new AtomicReference<>(OutboxRelay.Round.MORE);
      Thread stuck = Thread.startVirtualThread(() -> round.set(frozen.relay()));
      Awaitility.await().atMost(Duration.ofSeconds(60)).until(this::isLeased);
      assertThat(inTransaction()).isEmpty();

      OutboxRelay healthy = relay();
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> {
            healthy.relay();
            return !outbox.anyPending();
          });
      stuck.join();
      assertThat(round.get()).isEqualTo(OutboxRelay.Round.FAILED);
      // It rests, so that it does not take the lease again at once.
      write(3, 4, Topology.EVENTS_EXCHANGE, false);
      assertThat(frozen.relay()).isEqualTo(OutboxRelay.Round.FAILED);
      assertThat(isLeased()).isFalse();
      assertThat(healthy.relay()).isEqualTo(OutboxRelay.Round.DONE);
      awaitHeard(4);
      assertThat(heard.stream().map(Heard::body).distinct()).isEqualTo(numbers(4));
    }
  }

  private boolean isLeased() {
    return database
        .jdbc()
        .sql("SELECT lease_owner FROM piecework_relay")
        .query((row, number) -> !row.getString(1).isEmpty())
        .single();
  }

  private List<String> inTransaction() {
    return database
        .jdbc()
        .sql(
            """
            SELECT state FROM pg_stat_activity
            WHERE datname = current_database() AND state LIKE 'idle in transaction%'
            """)
        .query((row, number) -> row.getString(1))
        .list();
  }

  @Test
  void whatWasPublishedButNotMarkedIsPublishedAgain() throws Exception {
    write(0, 3, Topology.EVENTS_EXCHANGE, false);
    Publisher dying = publisher();
    // As far as a relay gets that dies before it says so.
    assertThat(outbox.take("dying", Duration.ofSeconds(1))).isTrue();
    List<OutgoingMessage> messages =
        outbox.pending(10, 1000).entries().stream()
            .map(pending ->
                new OutgoingMessage(
                    pending.entry().messageId(),
                    pending.entry().exchange(),
                    pending.entry().routingKey(),
                    0,
                    "text/plain",
                    Map.of(),
                    false,
                    pending.body().getBytes(StandardCharsets.UTF_8)))
            .toList();
    assertThat(dying.publish(messages).cardinality()).isEqualTo(3);
    OutboxRelay next = relay();
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> next.relay() == OutboxRelay.Round.DONE);
    awaitHeard(6);
    assertThat(heard).hasSize(6);
    Map<String, String> byId = new LinkedHashMap<>();
    heard.forEach(message -> byId.putIfAbsent(message.id(), message.body()));
    assertThat(byId)
        .containsExactly(Map.entry("id-0", "0"), Map.entry("id-1", "1"), Map.entry("id-2", "2"));
    assertThat(Set.copyOf(heard)).as("the same each time").hasSize(3);
  }

  @Test
  void anUnroutableMandatoryEntryStaysAndHoldsBackOnlyWhatFollowsIt() {
    write(0, 1, Topology.EVENTS_EXCHANGE, false);
    write(1, 2, Topology.JOBS_EXCHANGE, true);
    write(2, 3, Topology.EVENTS_EXCHANGE, false);
    assertThat(relay().relay()).isEqualTo(OutboxRelay.Round.FAILED);
    assertThat(outbox.pending(10, 1000).entries())
        .extracting(pending -> pending.entry().discriminator())
        .containsExactly("1", "2");
  }

  @Test
  void anEntryWithoutABodyCarriesTheJobItself() {
    database
        .transactions()
        .executeWithoutResult(status ->
            outbox.add(
                new OutboxEntry(
                    "id",
                    "job",
                    1,
                    "continuation",
                    "",
                    Topology.EVENTS_EXCHANGE,
                    "key",
                    0,
                    "text/plain",
                    Map.of(),
                    false,
                    Optional.empty()),
                Instant.EPOCH));
    relay().relay();
    awaitHeard(1);
    assertThat(heard).containsExactly(new Heard("id", "the job itself"));
  }

  @Test
  void waitsForABrokerThatIsAway() {
    write(0, 1, Topology.EVENTS_EXCHANGE, false);
    Publisher nowhere =
        new Publisher(
            new BrokerSettings(URI.create("amqp://127.0.0.1:1"), "", "", "", "", false),
            "test",
            Duration.ofSeconds(1));
    OutboxRelay relay = new OutboxRelay(outbox, database.transactions(), nowhere);
    assertThat(relay.relay()).isEqualTo(OutboxRelay.Round.FAILED);
    assertThat(outbox.anyPending("job")).isTrue();
  }
}
