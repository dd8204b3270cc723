package dev.piecework.worker.pipeline;

/** A run was told to stop, and does. */
final class RunStoppedException extends RuntimeException {
  RunStoppedException(JobRun.StopReason reason) {
    super("stopped: " + reason);
  }
}
