package dev.piecework.fuzz;

/** What every target asserts. */
public final class Checks {
  private Checks() {}

  /** Reports a finding unless it holds. */
  public static void that(boolean holds, String claim) {
    if (!holds) {
      throw new AssertionError(claim);
    }
  }
}
