package dev.piecework.cli;

/** Entry point. */
public final class PieceworkMain {
  private PieceworkMain() {}

  /** Starts. */
  public static void main(String[] args) {
    System.err.println("not built yet");
    System.exit(70);
  }
}
