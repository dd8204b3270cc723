package dev.piecework.standalone;

/** Entry point. */
public final class StandaloneMain {
  private StandaloneMain() {}

  /** Starts. */
  public static void main(String[] args) {
    System.err.println("not built yet");
    System.exit(70);
  }
}
