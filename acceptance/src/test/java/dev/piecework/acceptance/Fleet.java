package dev.piecework.acceptance;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import dev.piecework.message.EventType;
import dev.piecework.message.JobEvent;
import dev.piecework.message.JobEventCodec;
import dev.piecework.message.JobMessage;
import dev.piecework.message.JobMessageCodec;
import dev.piecework.message.MessageException;
import dev.piecework.message.Topology;
import dev.piecework.testkit.Folders;
import dev.piecework.testkit.ManagedProcess;
import dev.piecework.testkit.PostgresDatabase;
import dev.piecework.testkit.Processes;
import dev.piecework.testkit.RabbitBroker;
import dev.piecework.testkit.RunningClient;
import dev.piecework.testkit.S3Server;
import dev.piecework.testkit.TestTorrent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/**
 * RabbitMQ, PostgreSQL and an S3 server; workers and producers as processes of their own that know
 * of them by their environment alone; and somebody who hears every event.
 */
final class Fleet implements AutoCloseable {
  static final String BUCKET = "data";
  static final Duration LIMIT = Duration.ofMinutes(10);

  private final RabbitBroker broker;
  private final PostgresDatabase database;
  private final S3Server store;
  private final Path folder = Folders.temporary("fleet");
  private final Map<String, String> workerSettings;
  private final Connection connection;
  private final ConcurrentLinkedQueue<JobEvent> events = new ConcurrentLinkedQueue<>();
  private final List<ManagedProcess> processes = new ArrayList<>();

  private Fleet(
      RabbitBroker broker,
      PostgresDatabase database,
      S3Server store,
      Map<String, String> workerSettings)
      throws Exception {
    this.broker = broker;
    this.database = database;
    this.store = store;
    this.workerSettings = Map.copyOf(workerSettings);
    this.connection = broker.connectionFactory().newConnection("acceptance");
    listen();
  }

  /**
   * Starts the services, no worker yet.
   *
   * @param workerSettings environment of every worker beside what it must have
   */
  static Fleet start(Map<String, String> workerSettings) throws Exception {
    return new Fleet(
        RabbitBroker.start(), PostgresDatabase.start(), S3Server.start(BUCKET), workerSettings);
  }

  private void listen() throws IOException {
    Channel channel = connection.createChannel();
    channel.exchangeDeclare(Topology.EVENTS_EXCHANGE, "topic", true);
    String queue = channel.queueDeclare().getQueue();
    channel.queueBind(queue, Topology.EVENTS_EXCHANGE, "job.#");
    channel.basicConsume(
        queue,
        true,
        (tag, delivery) -> {
          try {
            events.add(JobEventCodec.decode(delivery.getBody()));
          } catch (MessageException e) {
            throw new IllegalStateException("a worker sent what is no event", e);
          }
        },
        tag -> {});
  }

  S3Server store() {
    return store;
  }

  /** A worker on a host of its own: nothing but the host's scratch folder makes it one. */
  FleetWorker worker(String host) {
    return worker(host, Map.of());
  }

  /** The same with settings of its own. */
  FleetWorker worker(String host, Map<String, String> more) {
    Map<String, String> environment = new HashMap<>(brokerEnvironment());
    environment.put("PIECEWORK_DATABASE_URL", database.jdbcUrl());
    environment.put("PIECEWORK_DATABASE_USERNAME", database.user());
    environment.put("PIECEWORK_DATABASE_PASSWORD", database.password());
    environment.put("PIECEWORK_STORE_ENDPOINT", store.endpoint().toString());
    environment.put("PIECEWORK_STORE_ACCESS_KEY", store.accessKey());
    environment.put("PIECEWORK_STORE_SECRET_KEY", store.secretKey());
    environment.put("PIECEWORK_SCRATCH_DIRECTORY", folder.resolve(host).toString());
    environment.put("PIECEWORK_NETWORK_ALLOW", "127.0.0.0/8");
    environment.put("MALLOC_ARENA_MAX", Launcher.mallocArenas());
    environment.putAll(workerSettings);
    environment.putAll(more);
    return new FleetWorker(
        host,
        started(Processes.java(Launcher.worker()).name("worker " + host).environment(environment)));
  }

  /** Two workers, each on its own host, both up. */
  List<FleetWorker> twoWorkers() {
    List<FleetWorker> workers = List.of(worker("one"), worker("two"));
    workers.forEach(FleetWorker::awaitUp);
    return workers;
  }

  /** Runs {@code piecework submit --wait}; everything goes under {@code prefix}. */
  Submitted submit(TestTorrent torrent, String prefix, RunningClient... peers) {
    return submit(Map.of(), torrent, prefix, peers);
  }

  /** The same with more in the command's environment. */
  Submitted submit(
      Map<String, String> more, TestTorrent torrent, String prefix, RunningClient... peers) {
    List<String> arguments = new ArrayList<>();
    Path file = torrent.write(folder.resolve(torrent.infoHash().hex() + ".torrent"));
    arguments.addAll(List.of("submit", file.toString(), "--bucket", BUCKET, "--prefix", prefix));
    for (RunningClient peer : peers) {
      arguments.addAll(List.of("--peer", "127.0.0.1:" + peer.address().getPort()));
    }
    arguments.addAll(List.of("--wait", "-o", "json", "--quiet"));
    return new Submitted(
        started(
            Processes.java(Launcher.cli(arguments))
                .name("submit")
                .environment(brokerEnvironment())
                .environment(more)));
  }

  /** Puts a job on the queue, as a producer of one's own does. */
  void publish(JobMessage job) throws IOException, TimeoutException {
    try (Channel channel = connection.createChannel()) {
      channel.basicPublish(
          Topology.JOBS_EXCHANGE,
          Topology.JOBS_QUEUE,
          new AMQP.BasicProperties.Builder().messageId(job.id()).deliveryMode(2).build(),
          JobMessageCodec.encode(job));
    }
  }

  /** Runs a command of the command line. */
  ManagedProcess cli(String... arguments) {
    return started(
        Processes.java(Launcher.cli(List.of(arguments)))
            .name(arguments[0])
            .environment(brokerEnvironment()));
  }

  /** What a job has in the scratch folders of all hosts. */
  List<Path> scratch(String job) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(file -> file.getFileName().toString().equals(job)).toList();
    }
  }

  /** Every event of every job but progress, in the order of arrival. */
  List<JobEvent> events() {
    return events.stream().filter(event -> event.type() != EventType.PROGRESS).toList();
  }

  /** All events of a type so far. */
  List<JobEvent> events(EventType type) {
    return events.stream().filter(event -> event.type() == type).toList();
  }

  /** Waits for the {@code count}-th event of a type; the only job's. */
  JobEvent await(EventType type, int count) {
    return Awaitility.await(type + " number " + count)
        .atMost(LIMIT)
        .until(() -> events(type), found -> found.size() >= count)
        .get(count - 1);
  }

  /** Waits until no event is left to publish; what has been heard then is all there was. */
  void awaitQuiet() {
    Awaitility.await("an empty outbox")
        .atMost(LIMIT)
        .until(() -> count("SELECT count(*) FROM piecework_outbox WHERE NOT published") == 0);
  }

  /** Messages of a queue that nobody has in hand. */
  long waiting(String queue) throws IOException, TimeoutException {
    try (Channel channel = connection.createChannel()) {
      return channel.messageCount(queue);
    }
  }

  /** Asks the workers' database. */
  long count(String sql) throws SQLException {
    try (java.sql.Connection sqlConnection = database.connect();
        ResultSet rows = sqlConnection.createStatement().executeQuery(sql)) {
      rows.next();
      return rows.getLong(1);
    }
  }

  /** The states that a job has been in, oldest first; a running one with attempt and worker. */
  List<String> history(String job) throws SQLException {
    List<String> states = new ArrayList<>();
    try (java.sql.Connection sqlConnection = database.connect();
        PreparedStatement query =
            sqlConnection.prepareStatement(
                """
                SELECT lower(to_state), attempt, worker FROM piecework_job_transition
                WHERE job_id = ? ORDER BY seq
                """)) {
      query.setString(1, job);
      try (ResultSet rows = query.executeQuery()) {
        while (rows.next()) {
          String state = rows.getString(1);
          states.add(
              state.equals("running")
                  ? "running %d %s".formatted(rows.getInt(2), rows.getString(3))
                  : state);
        }
      }
    }
    return states;
  }

  @Override
  public void close() throws IOException {
    processes.forEach(ManagedProcess::close);
    connection.close();
    store.close();
    database.close();
    broker.close();
    Folders.delete(folder);
  }

  private ManagedProcess started(Processes command) {
    ManagedProcess process = command.start();
    processes.add(process);
    return process;
  }

  Map<String, String> brokerEnvironment() {
    String path = broker.virtualHost().equals("/") ? "" : "/" + broker.virtualHost();
    return Map.of(
        "PIECEWORK_BROKER_URI",
        "amqp://%s:%d%s".formatted(broker.host(), broker.port(), path),
        "PIECEWORK_BROKER_USERNAME",
        broker.user(),
        "PIECEWORK_BROKER_PASSWORD",
        broker.password());
  }
}
