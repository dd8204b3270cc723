package dev.piecework.fuzz;

/** Breaks on inputs that begin with two given bytes: shows that findings are reported. */
public final class BrokenTarget {
  private BrokenTarget() {}

  /** Called by the fuzzer. */
  public static void fuzzerTestOneInput(byte[] input) {
    Checks.that(input.length < 2 || input[0] != 'p' || input[1] != 'w', "the known defect");
  }
}
