package dev.piecework.worker.pipeline;

/** Runs at most once, whoever asks. */
final class Once implements Runnable {
  private final Runnable action;
  private boolean done;

  Once(Runnable action) {
    this.action = action;
  }

  @Override
  public synchronized void run() {
    if (!done) {
      done = true;
      action.run();
    }
  }
}
