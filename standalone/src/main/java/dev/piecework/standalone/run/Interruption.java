package dev.piecework.standalone.run;

import dev.piecework.exit.ProcessEnd;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Turns SIGINT and SIGTERM into a question that the main thread asks now and then, and keeps the
 * process alive until it has put everything in order. The process then ends with 128 + signal, as
 * the JVM does by itself. While a signal is being handled the main thread must return, and must not
 * call {@link System#exit}, which would wait for itself.
 */
public final class Interruption implements AutoCloseable {
  /** Beyond the patience: for what else ends with the process. */
  private static final Duration HALT_MARGIN = Duration.ofSeconds(5);

  private static volatile boolean signalled;

  private final CountDownLatch requested = new CountDownLatch(1);
  private final CountDownLatch inOrder = new CountDownLatch(1);
  private final Thread hook;

  private Interruption(Duration patience) {
    this.hook =
        new Thread(
            () -> {
              signalled = true;
              ProcessEnd.haltAfter("piecework", patience.plus(HALT_MARGIN));
              requested.countDown();
              try {
                if (!inOrder.await(patience.toMillis(), TimeUnit.MILLISECONDS)) {
                  System.err.println("piecework: could not stop in order within " + patience);
                }
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            },
            "signals");
  }

  /**
   * Begins to listen for signals.
   *
   * @param patience how long the process may take to end after one
   */
  public static Interruption install(Duration patience) {
    Interruption interruption = new Interruption(patience);
    Runtime.getRuntime().addShutdownHook(interruption.hook);
    return interruption;
  }

  /** Whether the process is ending because of a signal. */
  public static boolean signalled() {
    return signalled;
  }

  /** Whether the process was told to stop. */
  public boolean requested() {
    return requested.getCount() == 0;
  }

  /** Waits until the process is told to stop, or for as long as given. */
  public boolean await(Duration atMost) throws InterruptedException {
    return requested.await(atMost.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Says that everything is in order: a process that was told to stop ends now. */
  @Override
  public void close() {
    inOrder.countDown();
    if (!requested()) {
      try {
        Runtime.getRuntime().removeShutdownHook(hook);
      } catch (IllegalStateException e) {
        // It was told to stop just now; the hook has nothing left to wait for.
      }
    }
  }
}
