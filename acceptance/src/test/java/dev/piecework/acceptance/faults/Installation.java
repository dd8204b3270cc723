package dev.piecework.acceptance.faults;

import dev.piecework.acceptance.Launcher;
import dev.piecework.testkit.FaultProxy;
import dev.piecework.testkit.HttpFaults;
import dev.piecework.testkit.PostgresDatabase;
import dev.piecework.testkit.RabbitBroker;
import dev.piecework.testkit.S3Server;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/** Broker, database and store, each behind a proxy: the suite goes straight, workers through it. */
final class Installation implements AutoCloseable {
  static final String BUCKET = "data";

  /** How long a worker that says nothing keeps its jobs; short, so that much happens in a round. */
  static final Duration LEASE = Duration.ofSeconds(3);

  private final RabbitBroker broker = RabbitBroker.start();
  private final PostgresDatabase database = PostgresDatabase.start();
  private final S3Server store = S3Server.start(BUCKET);
  private final FaultProxy brokerProxy = FaultProxy.tcp(broker.address());
  private final URI databaseUri = URI.create(database.jdbcUrl().substring("jdbc:".length()));
  private final FaultProxy databaseProxy =
      FaultProxy.tcp(new InetSocketAddress(databaseUri.getHost(), databaseUri.getPort()));

  RabbitBroker broker() {
    return broker;
  }

  PostgresDatabase database() {
    return database;
  }

  S3Server store() {
    return store;
  }

  /** Links for one worker, which fail for it alone. */
  WorkerLinks links() {
    return new WorkerLinks(
        Map.of(
            Service.BROKER,
            brokerProxy.address(),
            Service.DATABASE,
            databaseProxy.address(),
            Service.STORE,
            store.proxy().address()));
  }

  /** What a worker is told, but for its scratch folder. */
  Map<String, String> workerEnvironment(WorkerLinks links) {
    String host = broker.virtualHost().equals("/") ? "" : "/" + broker.virtualHost();
    Map<String, String> environment = new HashMap<>();
    environment.put(
        "PIECEWORK_BROKER_URI", "amqp://127.0.0.1:" + links.port(Service.BROKER) + host);
    environment.put("PIECEWORK_BROKER_USERNAME", broker.user());
    environment.put("PIECEWORK_BROKER_PASSWORD", broker.password());
    environment.put(
        "PIECEWORK_DATABASE_URL",
        "jdbc:postgresql://127.0.0.1:" + links.port(Service.DATABASE) + databaseUri.getPath());
    environment.put("PIECEWORK_DATABASE_USERNAME", database.user());
    environment.put("PIECEWORK_DATABASE_PASSWORD", database.password());
    environment.put("PIECEWORK_STORE_ENDPOINT", "http://127.0.0.1:" + links.port(Service.STORE));
    environment.put("PIECEWORK_STORE_ACCESS_KEY", store.accessKey());
    environment.put("PIECEWORK_STORE_SECRET_KEY", store.secretKey());
    environment.put("PIECEWORK_NETWORK_ALLOW", "127.0.0.0/8");
    environment.put("MALLOC_ARENA_MAX", Launcher.mallocArenas());
    environment.put("PIECEWORK_WORKER_LEASE", LEASE.toSeconds() + "s");
    environment.put("PIECEWORK_WORKER_SWEEP_INTERVAL", "500ms");
    environment.put("PIECEWORK_WORKER_SLOTS", "2");
    environment.put("PIECEWORK_WORKER_GRACE_PERIOD", "6s");
    environment.put("PIECEWORK_DATABASE_CONNECT_TIMEOUT", "5s");
    environment.put("PIECEWORK_STORE_RETRIES", "2");
    environment.put("PIECEWORK_STORE_RETRY_DELAY", "100ms");
    environment.put("PIECEWORK_STORE_MAX_RETRY_DELAY", "500ms");
    environment.put("PIECEWORK_STORE_CONNECT_TIMEOUT", "2s");
    environment.put("PIECEWORK_STORE_READ_TIMEOUT", "8s");
    environment.put("PIECEWORK_CLEANUP_INTERVAL", "2s");
    // Longer than any request of theirs, repetitions included.
    environment.put("PIECEWORK_CLEANUP_UPLOAD_AGE", "30s");
    environment.put("PIECEWORK_STORE_CALL_TIMEOUT", "30s");
    // No fault of a round lasts: giving up would be wrong.
    environment.put("PIECEWORK_RETRY_MAX_ATTEMPTS", "100");
    environment.put("PIECEWORK_RETRY_FIRST_DELAY", "300ms");
    environment.put("PIECEWORK_RETRY_MAX_DELAY", "1s");
    return environment;
  }

  void cut(Service service) {
    proxy(service).cut();
  }

  void down(Service service, boolean on) {
    proxy(service).refuse(on);
    if (on) {
      proxy(service).cut();
    }
  }

  void hang(Service service, boolean on) {
    if (on) {
      proxy(service).pause();
    } else {
      proxy(service).resume();
    }
  }

  void slow(Service service, Duration perRead) {
    proxy(service).delay(perRead);
  }

  void storeErrors(int status, int oneOf) {
    AtomicInteger turn = new AtomicInteger();
    store.faults().answer(status, request -> turn.getAndIncrement() % oneOf == 0);
  }

  void loseStoreAnswers(Fault.LostAnswers.Request which, int times) {
    store.faults().loseNextAnswer(times, request -> matches(which, request));
  }

  void endStoreFaults() {
    store.faults().clear();
  }

  private static boolean matches(Fault.LostAnswers.Request which, HttpFaults.Request request) {
    return switch (which) {
      case CREATE -> request.method().equals("POST") && request.target().contains("uploads");
      case PART -> request.uploadsPart();
      case COMPLETE -> request.completesUpload();
      case PUT -> request.putsObject();
    };
  }

  private FaultProxy proxy(Service service) {
    return switch (service) {
      case BROKER -> brokerProxy;
      case DATABASE -> databaseProxy;
      case STORE -> store.proxy();
    };
  }

  @Override
  public void close() {
    brokerProxy.close();
    databaseProxy.close();
    store.close();
    database.close();
    broker.close();
  }
}
