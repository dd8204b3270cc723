package dev.piecework.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ListeningTest {
  private static EngineSettings on(int port) {
    return TestSettings.with(it -> it.listenPort = port);
  }

  @Test
  void aPortThatIsTakenIsSaidWithAWayOut() {
    try (SwarmEngine first = new SwarmEngine(EngineSettings.defaults())) {
      assertThatThrownBy(() -> new SwarmEngine(on(first.listenPort())).close())
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("cannot listen on")
          .hasMessageContaining(Integer.toString(first.listenPort()))
          .hasMessageContaining("choose another port");
    }
  }

  @Test
  void everyEventLoopCanBeAsked() throws Exception {
    try (SwarmEngine engine = new SwarmEngine(EngineSettings.defaults())) {
      assertThat(engine.eventLoops()).hasSize(EngineSettings.defaults().eventLoopThreads());
      for (Executor loop : engine.eventLoops()) {
        CompletableFuture<Boolean> answered = new CompletableFuture<>();
        loop.execute(() -> answered.complete(true));
        assertThat(answered.get(1, TimeUnit.MINUTES)).isTrue();
      }
    }
  }
}
