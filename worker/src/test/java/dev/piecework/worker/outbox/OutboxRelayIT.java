package dev.piecework.worker.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import dev.piecework.message.Topology;
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
    String path = broker.virtualHost().equals("/") ? "" : "/" + broker.virtualHost();
    Publisher publisher =
        new Publisher(
            new BrokerSettings(
                URI.create("amqp://%s:%d%s".formatted(broker.host(), broker.port(), path)),
                broker.user(),
                broker.password(),
                "",
                ""),
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
  void whatIsAskedForAgainWhileItIsBeingPublishedIsPublishedAgain() throws Exception {
    write(0, 1, Topology.EVENTS_EXCHANGE, false);
    AtomicReference<Thread> asking = new AtomicReference<>();
    database
        .transactions()
        .executeWithoutResult(status -> {
          // A relay that has published and is about to say so.
          assertThat(outbox.lock()).isTrue();
          List<Long> seqs =
              outbox.pending(10, 1000).entries().stream().map(Outbox.Pending::seq).toList();
          asking.set(
              Thread.startVirtualThread(() ->
                  database
                      .transactions()
                      .executeWithoutResult(any -> outbox.again("job", "event"))));
          Awaitility.await().atMost(Duration.ofSeconds(60)).until(this::somebodyWaitsForALock);
          outbox.published(seqs);
        });
    asking.get().join();
    assertThat(outbox.anyPending("job")).isTrue();
  }

  private boolean somebodyWaitsForALock() {
    return database
            .template()
            .queryForList(
                """
                SELECT pid FROM pg_stat_activity
                WHERE datname = current_database() AND wait_event_type = 'Lock'
                """)
            .size()
        > 0;
  }

  @Test
  void whatWasPublishedButNotMarkedIsPublishedAgain() {
    write(0, 3, Topology.EVENTS_EXCHANGE, false);
    Publisher dying = publisher();
    database
        .transactions()
        .executeWithoutResult(status -> {
          // As far as a relay gets that dies before its commit.
          assertThat(outbox.lock()).isTrue();
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
          try {
            assertThat(dying.publish(messages).cardinality()).isEqualTo(3);
          } catch (dev.piecework.worker.broker.PublishException e) {
            throw new AssertionError(e);
          }
          status.setRollbackOnly();
        });
    assertThat(relay().relay()).isEqualTo(OutboxRelay.Round.DONE);
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
            new BrokerSettings(URI.create("amqp://127.0.0.1:1"), "", "", "", ""),
            "test",
            Duration.ofSeconds(1));
    OutboxRelay relay = new OutboxRelay(outbox, database.transactions(), nowhere);
    assertThat(relay.relay()).isEqualTo(OutboxRelay.Round.FAILED);
    assertThat(outbox.anyPending("job")).isTrue();
  }
}
