package dev.piecework.worker;

import dev.piecework.exit.ExitCode;
import dev.piecework.worker.start.WorkerStartException;
import java.util.Map;

/**
 * Entry point of the worker process. Settings come from the environment; see docs/configuration.md.
 */
public final class WorkerMain {
  private WorkerMain() {}

  /** Runs until the process is told to stop. Takes no arguments. */
  public static void main(String[] args) throws InterruptedException {
    if (args.length > 0) {
      System.err.printf(
          "piecework worker: unexpected argument '%s': settings come from the environment, see docs/configuration.md%n",
          args[0]);
      System.exit(ExitCode.USAGE.code());
    }
    WorkerApplication worker;
    try {
      worker = WorkerApplication.start(Map.of());
    } catch (WorkerStartException e) {
      System.err.println("piecework worker: " + e.getMessage());
      System.exit(e.exitCode().code());
      return;
    }
    Runtime.getRuntime().addShutdownHook(new Thread(worker::close, "shutdown"));
    Thread.currentThread().join();
  }
}
