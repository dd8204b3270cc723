package dev.piecework.exit;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Processes of their own, because they end. */
class ProcessEndTest {
  private static final int LIMIT_SECONDS = 60;

  /** Where an Error comes up. */
  enum Place {
    MAIN_THREAD,
    PLATFORM_THREAD,
    VIRTUAL_THREAD,
    EXECUTOR,
    CAUGHT_BY_SOMEBODY,
    MEMORY,
    LOG_HANGS,
    HANGING_SHUTDOWN
  }

  /** What is started. */
  static final class Program {
    private Program() {}

    @SuppressWarnings("FutureReturnValueIgnored")
    public static void main(String[] args) throws Exception {
      Place place = Place.valueOf(args[0]);
      CountDownLatch never = new CountDownLatch(1);
      // As a worker's, which would keep the process alive.
      Thread.ofPlatform().start(() -> await(never));
      ProcessEnd.install(
          "test",
          line -> {
            if (place == Place.LOG_HANGS) {
              await(never);
            }
            System.out.println("log: " + line);
          });
      switch (place) {
        case MAIN_THREAD -> throw new NoClassDefFoundError("x");
        case PLATFORM_THREAD ->
            Thread.ofPlatform()
                .start(() -> {
                  throw new StackOverflowError("x");
                });
        case VIRTUAL_THREAD, LOG_HANGS ->
            Thread.ofVirtual()
                .start(() -> {
                  throw new AssertionError("x");
                });
        case EXECUTOR -> {
          ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
          threads.execute(() -> {
            throw new AssertionError("x");
          });
        }
        case CAUGHT_BY_SOMEBODY ->
            ProcessEnd.ifFatal(new IllegalStateException(new RuntimeException(new Error("x"))));
        case MEMORY ->
            Thread.ofVirtual()
                .start(() -> {
                  List<byte[]> kept = new ArrayList<>();
                  while (true) {
                    kept.add(new byte[1 << 20]);
                    await(new CountDownLatch(kept.size() < 0 ? 1 : 0));
                  }
                });
        case HANGING_SHUTDOWN -> {
          Runtime.getRuntime()
              .addShutdownHook(
                  new Thread(() -> {
                    ProcessEnd.haltAfter("test", Duration.ofMillis(500));
                    await(never);
                  }));
          System.exit(0);
        }
      }
      await(never);
    }

    private static void await(CountDownLatch never) {
      try {
        never.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Place.class)
  void endsWithItsCodeAndSaysWhy(Place place) throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx32m",
                "-cp",
                System.getProperty("java.class.path"),
                Program.class.getName(),
                place.name())
            .redirectErrorStream(true)
            .start();
    try {
      assertThat(process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)).as("it ended").isTrue();
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(process.exitValue())
          .as(said)
          .isEqualTo((place == Place.HANGING_SHUTDOWN ? ExitCode.CUT_OFF : ExitCode.FATAL).code());
      assertThat(said)
          .contains(
              place == Place.HANGING_SHUTDOWN ? "cut off" : "test: this process ends at once");
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void anErrorIsFoundBelowWhatWrapsItAndExceptionsAreNone() {
    assertThat(ProcessEnd.errorIn(new RuntimeException(new AssertionError()))).isPresent();
    assertThat(ProcessEnd.errorIn(new RuntimeException(new Exception()))).isEmpty();
    // Not installed here: nothing ends.
    ProcessEnd.ifFatal(new AssertionError());
  }
}
