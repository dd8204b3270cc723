package dev.piecework.worker;

import static dev.piecework.worker.StatusClient.ask;
import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.message.Destination;
import dev.piecework.message.EventType;
import dev.piecework.message.JobMessage;
import dev.piecework.message.JobOptions;
import dev.piecework.message.JobSource;
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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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

  private final List<WorkerApplication> workers = new ArrayList<>();
  private int series;

  @BeforeAll
  void openServices() throws Exception {
    broker = TestBroker.of(RabbitBroker.start());
    database = TestDatabase.of(PostgresDatabase.start());
    store = S3Server.start("data");
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
    store.faults().clear();
    store.proxy().refuse(false);
    workers.forEach(WorkerApplication::close);
    workers.clear();
  }

  /** One slot: the engine has a torrent once. */
  private WorkerApplication worker(String name, URI endpoint, String secretKey) {
    Map<String, Object> properties = new HashMap<>();
    properties.putAll(broker.properties());
    properties.putAll(database.properties());
    properties.put("piecework.store.endpoint", endpoint.toString());
    properties.put("piecework.store.access-key", store.accessKey());
    properties.put("piecework.store.secret-key", secretKey);
    properties.put("piecework.store.retries", 1);
    properties.put("piecework.store.retry-delay", "50ms");
    properties.put("piecework.store.outage-wait", "300ms");
    properties.put("piecework.store.probe-interval", "200ms");
    properties.put("piecework.scratch.directory", folder.resolve(name).toString());
    properties.put("piecework.network.local", true);
    properties.put("piecework.worker.slots", 1);
    properties.put("piecework.worker.sweep-interval", "300ms");
    properties.put("piecework.retry.first-delay", "100ms");
    properties.put("piecework.retry.max-attempts", 1);
    properties.put("piecework.http.port", 0);
    WorkerApplication worker = WorkerApplication.start(properties);
    workers.add(worker);
    return worker;
  }

  private List<String> submit() throws Exception {
    series++;
    List<String> jobs = new ArrayList<>();
    for (int i = 0; i < JOBS; i++) {
      String job = "outage-%d-%d".formatted(series, i);
      broker.submit(
          new JobMessage(
              1,
              job,
              JobSource.Inline.of(torrent.metainfo()),
              new Destination("data", job + "/"),
              new JobOptions(
                  0,
                  Optional.empty(),
                  Optional.empty(),
                  List.of("127.0.0.1:" + seeder.address().getPort()),
                  Optional.empty(),
                  0,
                  0,
                  Optional.empty(),
                  Map.of())));
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
}
