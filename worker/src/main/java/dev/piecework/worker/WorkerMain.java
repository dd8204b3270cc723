package dev.piecework.worker;

import dev.piecework.exit.ExitCode;
import dev.piecework.exit.ProcessEnd;
import dev.piecework.worker.start.WorkerStartException;
import java.time.Duration;
import java.util.Map;
import org.slf4j.LoggerFactory;

/**
 * Entry point of the worker process. Settings come from the environment; see docs/configuration.md.
 */
public final class WorkerMain {
  private static final String NAME = "piecework worker";

  /** Beyond the worker's own limit: what keeps to that is not cut off. */
  private static final Duration HALT_MARGIN = Duration.ofSeconds(2);

  private WorkerMain() {}

  /** Runs until the process is told to stop. Takes no arguments. */
  public static void main(String[] args) throws InterruptedException {
    if (args.length > 0) {
      System.err.printf(
          "piecework worker: unexpected argument '%s': settings come from the environment, see docs/configuration.md%n",
          args[0]);
      System.exit(ExitCode.USAGE.code());
    }
    ProcessEnd.install(NAME, line -> LoggerFactory.getLogger(WorkerMain.class).error(line));
    WorkerApplication worker;
    try {
      worker = WorkerApplication.start(Map.of());
    } catch (WorkerStartException e) {
      System.err.println("piecework worker: " + e.getMessage());
      System.exit(e.exitCode().code());
      return;
    }
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  ProcessEnd.haltAfter(NAME, worker.shutdownLimit().plus(HALT_MARGIN));
                  worker.close();
                },
                "shutdown"));
    Thread.currentThread().join();
  }
}
