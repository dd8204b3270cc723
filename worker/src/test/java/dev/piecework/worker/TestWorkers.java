package dev.piecework.worker;

import dev.piecework.message.Destination;
import dev.piecework.message.JobMessage;
import dev.piecework.message.JobOptions;
import dev.piecework.message.JobSource;
import dev.piecework.testkit.S3Server;
import dev.piecework.testkit.TestTorrent;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Workers of one test with all their services, and jobs for them whose peer is named. */
final class TestWorkers implements AutoCloseable {
  private final TestBroker broker;
  private final TestDatabase database;
  private final S3Server store;
  private final List<WorkerApplication> running = new ArrayList<>();

  TestWorkers(TestBroker broker, TestDatabase database, S3Server store) {
    this.broker = broker;
    this.database = database;
    this.store = store;
  }

  /**
   * Starts one, impatient, that reaches the store through its proxy.
   *
   * @param more further settings: name, value, name, value
   */
  WorkerApplication start(Path scratch, Object... more) {
    Map<String, Object> properties = new HashMap<>();
    properties.putAll(broker.properties());
    properties.putAll(database.properties());
    properties.put("piecework.store.endpoint", store.faultyEndpoint().toString());
    properties.put("piecework.store.access-key", store.accessKey());
    properties.put("piecework.store.secret-key", store.secretKey());
    properties.put("piecework.scratch.directory", scratch.toString());
    properties.put("piecework.network.local", true);
    properties.put("piecework.worker.sweep-interval", "300ms");
    for (int i = 0; i < more.length; i += 2) {
      properties.put(String.valueOf(more[i]), more[i + 1]);
    }
    WorkerApplication worker = WorkerApplication.start(properties);
    running.add(worker);
    return worker;
  }

  /** The one that was started first. */
  WorkerApplication first() {
    return running.getFirst();
  }

  /** Submits a job that stores a torrent under {@code <job>/} in the bucket {@code data}. */
  void submit(String job, TestTorrent torrent, InetSocketAddress peer) throws Exception {
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
                List.of("127.0.0.1:" + peer.getPort()),
                Optional.empty(),
                0,
                0,
                Optional.empty(),
                Map.of())));
  }

  /** Heals the store and ends all workers. */
  @Override
  public void close() {
    store.faults().clear();
    store.proxy().resume();
    store.proxy().refuse(false);
    store.proxy().delay(Duration.ZERO);
    running.forEach(WorkerApplication::close);
    running.clear();
  }
}
