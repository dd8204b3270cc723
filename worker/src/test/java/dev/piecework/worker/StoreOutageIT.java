package dev.piecework.worker;

import static dev.piecework.worker.StatusClient.ask;
import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.message.EventData;
import dev.piecework.message.EventType;
import dev.piecework.testkit.Await;
import dev.piecework.testkit.Client;
import dev.piecework.testkit.Content;
import dev.piecework.testkit.PostgresDatabase;
import dev.piecework.testkit.RabbitBroker;
import dev.piecework.testkit.RunningClient;
import dev.piecework.testkit.S3Server;
import dev.piecework.testkit.TestTorrent;
import dev.piecework.testkit.TorrentMaker;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Workers whose store is away, or refuses them: no job of the queue is to suffer for it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class StoreOutageIT {
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final int JOBS = 6;

  @SuppressWarnings("NullAway.Init") // JUnit sets it before any test.
  @TempDir
  private static Path folder;

  @SuppressWarnings("NullAway.Init")
  private TestBroker broker;

  @SuppressWarnings("NullAway.Init")
  private TestDatabase database;

  @SuppressWarnings("NullAway.Init")
  private S3Server store;

  @SuppressWarnings("NullAway.Init")
  private TestTorrent torrent;

  @SuppressWarnings("NullAway.Init")
  private RunningClient seeder;

  @SuppressWarnings("NullAway.Init")
  private TestWorkers workers;

  private int series;

  @BeforeAll
  void openServices() throws Exception {
    broker = TestBroker.of(RabbitBroker.start());
    database = TestDatabase.of(PostgresDatabase.start());
    store = S3Server.start("data");
    workers = new TestWorkers(broker, database, store);
    torrent = TorrentMaker.of(Content.file(folder.resolve("in/data.bin"), 300_000, 1)).make();
    seeder = Client.LIBTORRENT.seed(torrent);
  }

  @AfterAll
  void closeServices() throws Exception {
    seeder.close();
    store.close();
    database.close();
    broker.close();
  }

  @AfterEach
  void closeWorkers() {
    workers.close();
  }

  /** One slot: the engine has a torrent once. */
  private WorkerApplication worker(String name, URI endpoint, String secretKey, Object... more) {
    List<Object> settings =
        new ArrayList<>(
            List.of(
                "piecework.store.endpoint",
                endpoint.toString(),
                "piecework.store.secret-key",
                secretKey,
                "piecework.store.retries",
                1,
                "piecework.store.retry-delay",
                "50ms",
                "piecework.store.outage-wait",
                "300ms",
                "piecework.store.probe-interval",
                "200ms",
                "piecework.worker.slots",
                1,
                "piecework.retry.first-delay",
                "100ms",
                "piecework.retry.max-attempts",
                1,
                "piecework.http.port",
                0));
    settings.addAll(List.of(more));
    return workers.start(folder.resolve(name), settings.toArray());
  }

  private List<String> submit() throws Exception {
    series++;
    List<String> jobs = new ArrayList<>();
    for (int i = 0; i < JOBS; i++) {
      String job = "outage-%d-%d".formatted(series, i);
      workers.submit(job, torrent, seeder.address());
      jobs.add(job);
    }
    return jobs;
  }

  /** All are complete, and none of them was blamed. */
  private void assertAllWell(List<String> jobs) {
    for (String job : jobs) {
      broker.await(job, EventType.COMPLETED);
      assertThat(broker.events(job))
          .extracting(event -> event.type())
          .doesNotContain(EventType.RETRYING, EventType.FAILED);
      assertThat(
              database
                  .jdbc()
                  .sql("SELECT attempt FROM piecework_job WHERE id = :id")
                  .param("id", job)
                  .query(Integer.class)
                  .single())
          .isEqualTo(1);
    }
  }

  @Test
  void aWorkerWithAWrongKeyTakesNothing() throws Exception {
    WorkerApplication bad = worker("bad", store.endpoint(), "wrong-secret");
    StatusClient.Answer ready = ask(bad, "/health/ready");
    assertThat(ready.status()).isEqualTo(503);
    assertThat(ready.text())
        .contains("waiting for the object store since ", "SignatureDoesNotMatch")
        .doesNotContain("wrong-secret");

    List<String> jobs = submit();
    worker("good", store.endpoint(), store.secretKey());

    assertAllWell(jobs);
    assertThat(jobs)
        .allSatisfy(job -> assertThat(broker.story(job)).filteredOn("started@2"::equals).isEmpty());
  }

  @Test
  void aWorkerThatTheStoreComesToRefuseGivesBackWhatItHas() throws Exception {
    WorkerApplication bad = worker("refused", store.faultyEndpoint(), store.secretKey());
    Await.until("a consumer", LIMIT, bad::ready);
    store.faults().answer(403, _ -> true);

    List<String> jobs = submit();
    Await.until("the worker's notice", LIMIT, () -> !bad.ready());
    worker("healthy", store.endpoint(), store.secretKey());

    assertAllWell(jobs);
    store.faults().clear();
    Await.until("a consumer again", LIMIT, bad::ready);
    assertThat(ask(bad, "/health/ready").status()).isEqualTo(200);
  }

  @Test
  void aStoreThatIsAwayEndsNoJob() throws Exception {
    WorkerApplication worker = worker("alone", store.faultyEndpoint(), store.secretKey());
    Await.until("a consumer", LIMIT, worker::ready);
    store.proxy().refuse(true);
    store.proxy().cut();

    List<String> jobs = submit();
    Await.until("the worker's notice", LIMIT, () -> !worker.ready());
    // A job that has waited as long as it may is back on the queue, and nothing takes it from
    // there.
    Await.until(
        "no job at work",
        LIMIT,
        () ->
            database
                    .jdbc()
                    .sql("SELECT count(*) FROM piecework_job WHERE state = 'RUNNING'")
                    .query(Integer.class)
                    .single()
                == 0);
    assertThat(
            database
                .jdbc()
                .sql("SELECT reason FROM piecework_job WHERE state = 'QUEUED' AND reason <> ''")
                .query((row, number) -> row.getString(1))
                .list())
        .isNotEmpty()
        .allSatisfy(reason ->
            assertThat(reason).contains("handed back: waiting for the object store since "));

    store.proxy().refuse(false);
    assertAllWell(jobs);
  }

  @Test
  void aStoreThatTakesNoBytesEndsNoJob() throws Exception {
    WorkerApplication worker = worker("full", store.faultyEndpoint(), store.secretKey());
    Await.until("a consumer", LIMIT, worker::ready);
    // Questions are answered as ever.
    store.faults().answer(507, request -> request.putsObject() || request.uploadsPart());

    List<String> jobs = submit();
    Await.until("the worker's notice", LIMIT, () -> !worker.ready());

    store.faults().clear();
    assertAllWell(jobs);
    assertThat(store.openUploads("data")).as("the worker's own").isEmpty();
    assertThat(store.objects("data")).doesNotContainKey(".piecework-probe");
  }

  @Test
  void aJobThatWaitsForTheStoreSaysSo() throws Exception {
    WorkerApplication worker =
        worker(
            "waiting",
            store.faultyEndpoint(),
            store.secretKey(),
            "piecework.store.outage-wait",
            "1d");
    Await.until("a consumer", LIMIT, worker::ready);
    store.faults().answer(507, request -> request.putsObject() || request.uploadsPart());

    List<String> jobs = submit();
    Await.until("the worker's notice", LIMIT, () -> !worker.ready());
    Await.until("a row that says so", LIMIT, () -> waiting().size() == 1);
    assertThat(waiting()).singleElement().asString().contains(": cannot write ");
    assertThat(ask(worker, "/metrics").text())
        .containsPattern("piecework_store_outage_seconds [1-9]");

    store.faults().clear();
    assertAllWell(jobs);
    Await.until("no row that says so", LIMIT, () -> waiting().isEmpty());
    assertThat(ask(worker, "/metrics").text()).contains("piecework_store_outage_seconds 0.0");
  }

  @Test
  void aStoreThatKeepsOtherBytesThanItIsSentEndsTheJobTheSecondTime() throws Exception {
    worker(
        "spoiling", store.faultyEndpoint(), store.secretKey(), "piecework.retry.max-attempts", 20);
    store.spoil(key -> key.endsWith("/data.bin"));
    try {
      String job = "outage-spoilt";
      workers.submit(job, torrent, seeder.address());

      EventData.Failed failed = (EventData.Failed) broker.await(job, EventType.FAILED).data();

      assertThat(failed.code()).isEqualTo("VERIFY_FAILED");
      assertThat(failed.reason())
          .containsPattern(
              "object outage-spoilt/data.bin has ETag [0-9a-f]{32}, expected [0-9a-f]{32}")
          .contains("it was sent twice; the time before it was the same");
      assertThat(store.faults().seen())
          .filteredOn(request -> request.putsObject() && request.target().contains(job))
          .as("times that it was sent")
          .hasSize(2);
    } finally {
      store.spoil(key -> false);
    }
  }

  /** Reasons of running jobs. */
  private List<String> waiting() {
    return database
        .jdbc()
        .sql(
            """
            SELECT reason FROM piecework_job
            WHERE state = 'RUNNING' AND reason LIKE 'waiting for the object store since %'
            """)
        .query((row, number) -> row.getString(1))
        .list();
  }
}
