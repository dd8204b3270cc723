package dev.piecework.worker;

/** Entry point. */
public final class WorkerMain {
  private WorkerMain() {}

  /** Starts. */
  public static void main(String[] args) {
    System.err.println("not built yet");
    System.exit(70);
  }
}
