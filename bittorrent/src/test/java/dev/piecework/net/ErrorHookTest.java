package dev.piecework.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.piecework.exit.ExitCode;
import dev.piecework.exit.ProcessEnd;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.Promise;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What Netty only logs reaches the hook, and the loop goes on. */
class ErrorHookTest {
  /** Where an Error is thrown. */
  enum Place {
    TASK,
    TIMER,
    CALLABLE_TIMER,
    REPEATED_TIMER,
    DELAYED_TIMER,
    LISTENER
  }

  private final List<Error> errors = new CopyOnWriteArrayList<>();
  private final EventLoopGroup loops = Transports.best().eventLoops(1, "test", errors::add);
  private final EventLoop loop = loops.next();

  @AfterEach
  void stop() {
    loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
  }

  @ParameterizedTest
  @EnumSource(Place.class)
  @SuppressWarnings("FutureReturnValueIgnored") // the hook is what is looked at
  void anErrorOfEachPlaceReachesTheHookAndTheLoopGoesOn(Place place) throws Exception {
    Error provoked = new StackOverflowError("provoked");
    Runnable fails =
        () -> {
          throw provoked;
        };
    switch (place) {
      case TASK -> loop.execute(fails);
      case TIMER -> loop.schedule(fails, 1, TimeUnit.MILLISECONDS);
      case CALLABLE_TIMER ->
          loop.schedule(
              () -> {
                fails.run();
                return 1;
              },
              1,
              TimeUnit.MILLISECONDS);
      case REPEATED_TIMER -> loop.scheduleAtFixedRate(fails, 1, 1, TimeUnit.MILLISECONDS);
      case DELAYED_TIMER -> loop.scheduleWithFixedDelay(fails, 1, 1, TimeUnit.MILLISECONDS);
      case LISTENER -> {
        Promise<Void> promise = loop.newPromise();
        promise.addListener(ErrorHook.of(loop).listener(_ -> fails.run()));
        promise.setSuccess(null);
      }
    }
    await().until(() -> errors.contains(provoked));
    assertThat(loop.submit(() -> 7).get(10, TimeUnit.SECONDS)).isEqualTo(7);
  }

  /** A process whose event loop meets an Error. */
  static final class Program {
    private Program() {}

    @SuppressWarnings("FutureReturnValueIgnored") // nobody looks at it, that is the point
    public static void main(String[] args) throws InterruptedException {
      ProcessEnd.install("test", _ -> {});
      Transports.best()
          .eventLoops(1, "test")
          .schedule(
              () -> {
                throw new NoClassDefFoundError("provoked");
              },
              1,
              TimeUnit.MILLISECONDS);
      new CountDownLatch(1).await();
    }
  }

  @Test
  void anErrorOnAnEventLoopEndsAProcessThatAsksForIt() throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                Program.class.getName())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    try {
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("it ended").isTrue();
      assertThat(process.exitValue()).isEqualTo(ExitCode.FATAL.code());
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void anErrorIsFoundBelowWhatWrapsItAndExceptionsAreNotReported() {
    Error provoked = new OutOfMemoryError("provoked");
    ErrorHook.of(loop).check(new IllegalStateException(new RuntimeException(provoked)));
    assertThat(errors).containsExactly(provoked);
    ErrorHook.of(loop).check(new IllegalStateException("no Error"));
    ErrorHook.of(loop).check(null);
    assertThat(errors).hasSize(1);
  }
}
