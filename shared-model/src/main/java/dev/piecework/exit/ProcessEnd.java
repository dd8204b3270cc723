package dev.piecework.exit;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Two ends that a process must reach whatever hangs in it.
 *
 * <p><b>An {@link Error}</b> (out of memory, a class that is not there) on any thread ends the
 * process at once with {@link ExitCode#FATAL}. After one nothing is known to hold any more: a
 * thread that died silently leaves a process that looks alive and does not work. Nothing is handed
 * back in order: what a job's message does to one worker it would do to the next, so its loss is to
 * count; leases and checkpoints are made for such an end.
 *
 * <p><b>A shutdown</b> that is not over in time is cut off with {@link ExitCode#CUT_OFF}.
 *
 * <p>Until {@link #install} is called an Error is left to the thread that it came to: a process
 * that only uses a part of Piecework, as a test does, is not ours to end.
 */
public final class ProcessEnd {
  /** How long the log may take to write its last line. */
  private static final Duration LAST_WORDS = Duration.ofSeconds(2);

  private static final AtomicReference<@Nullable ProcessEnd> INSTALLED = new AtomicReference<>();

  private final String program;
  private final Consumer<String> log;
  private final AtomicReference<@Nullable Throwable> error = new AtomicReference<>();
  private final CountDownLatch fatal = new CountDownLatch(1);
  private final CountDownLatch logged = new CountDownLatch(1);

  private ProcessEnd(String program, Consumer<String> log) {
    this.program = program;
    this.log = log;
  }

  /**
   * Has Errors end this process from now on. Later calls do nothing.
   *
   * @param program what the line on standard error begins with
   * @param log gets that line too
   */
  public static void install(String program, Consumer<String> log) {
    ProcessEnd end = new ProcessEnd(program, log);
    if (!INSTALLED.compareAndSet(null, end)) {
      return;
    }
    // Both beforehand: a process that is out of memory may not be able to make a thread.
    daemon("fatal-log", end::writeLog);
    daemon("fatal", end::await);
    Thread.setDefaultUncaughtExceptionHandler((thread, thrown) -> {
      if (thrown instanceof Error) {
        end.fatal(thrown);
      } else {
        System.err.print("Exception in thread \"" + thread.getName() + "\" ");
        thrown.printStackTrace();
      }
    });
  }

  /**
   * Ends the process if what was thrown is an {@link Error}, or was caused by one. For those who
   * catch everything on behalf of others; does nothing where {@link #install} was not called.
   */
  public static void ifFatal(Throwable thrown) {
    ProcessEnd end = INSTALLED.get();
    Optional<Error> found = errorIn(thrown);
    if (end != null && found.isPresent()) {
      end.fatal(found.get());
    }
  }

  /** The Error that something is, or was caused by. */
  static Optional<Error> errorIn(Throwable thrown) {
    Throwable at = thrown;
    for (int depth = 0; at != null && depth < 20; depth++, at = at.getCause()) {
      if (at instanceof Error found) {
        return Optional.of(found);
      }
    }
    return Optional.empty();
  }

  /**
   * Cuts off what is not over in time: call it when a shutdown begins. A process that ends before
   * does not notice.
   *
   * @param program what the line on standard error begins with
   * @param limit for the whole shutdown, whatever hangs
   */
  public static void haltAfter(String program, Duration limit) {
    daemon(
        "shutdown-limit",
        () -> {
          try {
            Thread.sleep(limit);
          } catch (InterruptedException e) {
            return;
          }
          System.err.println(
              program + ": the shutdown did not end within " + limit.toSeconds() + " s: cut off");
          System.err.flush();
          Runtime.getRuntime().halt(ExitCode.CUT_OFF.code());
        });
  }

  private static void daemon(String name, Runnable work) {
    Thread.ofPlatform().daemon().name(name).start(work);
  }

  private void fatal(Throwable thrown) {
    if (error.compareAndSet(null, thrown)) {
      fatal.countDown();
    }
  }

  private void await() {
    try {
      fatal.await();
      System.err.println(program + ": " + line());
      System.err.flush();
      // A log that hangs or needs memory keeps nobody.
      logged.await(LAST_WORDS.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException | Error e) {
      // The end is all that is left to be done.
    }
    Runtime.getRuntime().halt(ExitCode.FATAL.code());
  }

  private void writeLog() {
    try {
      fatal.await();
      log.accept(line());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      logged.countDown();
    }
  }

  private String line() {
    return "this process ends at once, because a part of it failed for good: "
        + String.valueOf(error.get()).replaceAll("\\s+", " ")
        + "; jobs go on elsewhere when their leases expire. Out of memory: see docs/operations.md";
  }
}
