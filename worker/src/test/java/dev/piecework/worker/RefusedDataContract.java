package dev.piecework.worker;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.GetResponse;
import dev.piecework.message.Destination;
import dev.piecework.message.EventData;
import dev.piecework.message.EventType;
import dev.piecework.message.JobMessage;
import dev.piecework.message.JobOptions;
import dev.piecework.message.JobSource;
import dev.piecework.message.Topology;
import dev.piecework.testkit.Content;
import dev.piecework.testkit.TorrentMaker;
import dev.piecework.worker.fault.Fault;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a database refuses for good costs one job or one message, and never a slot: the next job
 * runs.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class RefusedDataContract {
  private final StubSwarm swarm = new StubSwarm();
  private TestDatabase database;
  private TestBroker broker;
  private WorkerApplication worker;
  private byte[] torrent = {};

  @SuppressWarnings("NullAway.Init") // JUnit sets the fields before any test.
  RefusedDataContract() {}

  abstract TestDatabase open();

  @BeforeAll
  void openServices(@TempDir Path folder) throws Exception {
    broker = TestBroker.start();
    database = open();
    Path file = Content.file(folder.resolve("in/data.bin"), 1000, 7);
    torrent = TorrentMaker.of(file).pieceBytes(1 << 15).make().metainfo();
    Map<String, Object> properties = new HashMap<>(broker.properties());
    properties.putAll(database.properties());
    properties.put("test.swarm", swarm);
    properties.put("test.scratch-id", "me");
    properties.put("piecework.worker.slots", 2);
    properties.put("piecework.retry.max-attempts", 1);
    properties.put("piecework.network.allow", "127.0.0.0/8");
    worker = WorkerApplication.start(properties, StubSwarm.Side.class);
    // Rules that some of the data below break, as an operator's trigger or a newer schema may.
    database
        .template()
        .execute(
            "ALTER TABLE piecework_job ADD CONSTRAINT no_poison CHECK (reason NOT LIKE '%poison%')");
    database
        .template()
        .execute("ALTER TABLE piecework_job ADD CONSTRAINT no_id CHECK (id <> 'unwritable')");
    database
        .template()
        .execute(
            "ALTER TABLE piecework_job ADD CONSTRAINT no_pieces CHECK (id <> 'unresolvable' OR total_pieces = 0)");
    swarm.permits.release(1000);
  }

  @AfterAll
  void closeServices() throws Exception {
    worker.close();
    database.close();
    broker.close();
  }

  private JobMessage job(String id, JobSource source) {
    return new JobMessage(1, id, source, new Destination("data", ""), JobOptions.none());
  }

  private void submit(String id) throws Exception {
    broker.submit(job(id, JobSource.Inline.of(torrent)));
  }

  private EventData.Failed failure(String id) {
    return (EventData.Failed) broker.await(id, EventType.FAILED).data();
  }

  @Test
  void aZeroByteInAServersStatusLineCostsNoSlot() throws Exception {
    try (ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      Thread.startVirtualThread(() -> answerAll(server));
      URI url = URI.create("http://127.0.0.1:" + server.getLocalPort() + "/x.torrent");
      for (int i = 0; i < 4; i++) {
        broker.submit(job("nul-" + i, new JobSource.Url(url)));
      }
      submit("honest");
      broker.await("honest", EventType.COMPLETED);
      for (int i = 0; i < 4; i++) {
        assertThat(failure("nul-" + i).code()).isEqualTo("SOURCE_UNAVAILABLE");
        assertThat(failure("nul-" + i).reason()).doesNotContain("\0", "\u001b");
      }
    }
  }

  private static void answerAll(ServerSocket server) {
    while (!server.isClosed()) {
      try (Socket client = server.accept()) {
        client.getInputStream().read(new byte[4096]);
        client
            .getOutputStream()
            .write(
                "NOT\0HTTP \u001b[31mred\u0007 and a zero byte\r\n\r\n"
                    .getBytes(StandardCharsets.ISO_8859_1));
      } catch (IOException e) {
        // The worker has hung up, or the test is over.
      }
    }
  }

  @Test
  void whatARunWritesIsRefusedAndTheJobFails() throws Exception {
    submit("unresolvable");
    EventData.Failed failed = failure("unresolvable");
    assertThat(failed.code()).isEqualTo("DATABASE_REFUSED");
    assertThat(failed.reason()).contains("SQLSTATE 23").doesNotContain("Exception");
    submit("after-unresolvable");
    broker.await("after-unresolvable", EventType.COMPLETED);
  }

  @Test
  void theReasonItselfIsRefusedAndAFixedOneIsWritten() throws Exception {
    swarm.faults.add(new Fault(Fault.Kind.VERIFY_FAILED, "poison"));
    submit("poisoned");
    assertThat(failure("poisoned").code()).isEqualTo("DATABASE_REFUSED");
  }

  @Test
  void aMessageThatCannotBeWrittenDownIsADeadLetter() throws Exception {
    submit("unwritable");
    GetResponse dead;
    do {
      dead = broker.awaitDeadLetter();
    } while (!new String(dead.getBody(), StandardCharsets.UTF_8).contains("unwritable"));
    assertThat(dead.getProps().getHeaders().get(Topology.DEAD_LETTER_CODE_HEADER))
        .hasToString("DATABASE_REFUSED");
    submit("after-unwritable");
    broker.await("after-unwritable", EventType.COMPLETED);
  }
}
