package dev.piecework.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.piecework.exit.ExitCode;
import dev.piecework.worker.start.WorkerStartException;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WorkerStartTest {
  @TempDir Path folder;

  private static WorkerStartException failure(Object... settings) {
    Map<String, Object> properties = new HashMap<>();
    properties.put("piecework.database.url", "jdbc:h2:mem:start");
    properties.put("piecework.database.connect-timeout", "250ms");
    properties.put("test.swarm", new StubSwarm());
    properties.put("test.scratch-id", "me");
    for (int i = 0; i < settings.length; i += 2) {
      properties.put((String) settings[i], settings[i + 1]);
    }
    return catchThrowableOfType(
        WorkerStartException.class,
        () -> WorkerApplication.start(properties, StubSwarm.Side.class));
  }

  @Test
  void namesASettingThatIsOutOfBounds() {
    WorkerStartException failure = failure("piecework.worker.slots", 0);
    assertThat(failure.exitCode()).isEqualTo(ExitCode.BAD_CONFIGURATION);
    assertThat(failure).hasMessage("piecework.worker.slots is 0: expected 1 to 1000");
  }

  @Test
  void namesASettingThatIsNoNumber() {
    WorkerStartException failure = failure("piecework.worker.slots", "many");
    assertThat(failure.exitCode()).isEqualTo(ExitCode.BAD_CONFIGURATION);
    assertThat(failure).hasMessageContaining("PIECEWORK_WORKER_SLOTS").hasMessageContaining("many");
  }

  @Test
  void namesASettingWhoseListIsWrong() {
    WorkerStartException failure = failure("piecework.network.allow", "10.0.0.1/8");
    assertThat(failure.exitCode()).isEqualTo(ExitCode.BAD_CONFIGURATION);
    assertThat(failure).hasMessageContaining("PIECEWORK_NETWORK_ALLOW");
  }

  @Test
  void tellsWhatIsWrongWithTheSettingsBeforeItOpensAnything() throws IOException {
    try (ServerSocket taken = new ServerSocket(0)) {
      Map<String, Object> properties = new HashMap<>();
      properties.put("piecework.database.url", "jdbc:h2:mem:start");
      properties.put("piecework.engine.listen-port", taken.getLocalPort());
      properties.put("piecework.scratch.directory", folder.resolve("scratch").toString());
      properties.put("piecework.store.endpoint", "http://127.0.0.1:1");
      properties.put("piecework.store.access-key", "none");
      properties.put("piecework.store.secret-key", "none");
      assertThat(
              catchThrowableOfType(
                  WorkerStartException.class, () -> WorkerApplication.start(properties)))
          .hasMessageContaining(Integer.toString(taken.getLocalPort()));
      // The last setting that a part of the worker asks for.
      properties.put("piecework.http.port", -1);
      assertThat(
              catchThrowableOfType(
                  WorkerStartException.class, () -> WorkerApplication.start(properties)))
          .hasMessageContaining("piecework.http.port");
      properties.remove("piecework.http.port");
      properties.put("piecework.cleanup.upload-age", "1m");
      assertThat(
              catchThrowableOfType(
                  WorkerStartException.class, () -> WorkerApplication.start(properties)))
          .hasMessageContaining("piecework.cleanup.upload-age is 60000 ms")
          .hasMessageContaining("piecework.store.call-timeout, which is 900000 ms")
          .extracting(WorkerStartException::exitCode)
          .isEqualTo(ExitCode.BAD_CONFIGURATION);
      properties.remove("piecework.cleanup.upload-age");
      properties.put("piecework.store.endpoint", "");
      assertThat(
              catchThrowableOfType(
                  WorkerStartException.class, () -> WorkerApplication.start(properties)))
          .hasMessageContaining("piecework.store.endpoint");
      assertThat(folder).isEmptyDirectory();
    }
  }

  @Test
  void saysThatTheDatabaseIsAway() {
    WorkerStartException failure =
        failure("piecework.database.url", "jdbc:postgresql://127.0.0.1:1/none");
    assertThat(failure.exitCode()).isEqualTo(ExitCode.DATABASE_UNAVAILABLE);
    assertThat(failure)
        .hasMessageContaining("jdbc:postgresql://127.0.0.1:1/none")
        .hasMessageContaining("PIECEWORK_DATABASE_URL");
  }

  @Test
  void startsWithoutABrokerAndIsNotReady() {
    Map<String, Object> properties =
        Map.of(
            "piecework.database.url", "jdbc:h2:mem:lonely",
            "piecework.broker.uri", "amqp://127.0.0.1:1",
            "test.swarm", new StubSwarm(),
            "test.scratch-id", "me");
    try (WorkerApplication worker = WorkerApplication.start(properties, StubSwarm.Side.class)) {
      assertThat(worker.ready()).isFalse();
      assertThat(worker.workerId()).isEqualTo("me");
    }
  }
}
