package dev.piecework.testkit;

import org.junit.jupiter.api.Assumptions;

/**
 * What a test needs from the machine. Where it is absent the test is skipped aloud, and fails when
 * the environment says {@code CI=true}: a build must not be green for want of a program.
 */
public final class Needs {
  private Needs() {}

  /**
   * Goes on only where a program is installed.
   *
   * @param program its file name
   * @param debianPackage what to {@code apt-get install}
   */
  public static void program(String program, String debianPackage) {
    if (!Processes.installed(program)) {
      absent(program + " is not installed", "apt-get install " + debianPackage);
    }
  }

  /** Goes on only as root, who may give files to other users and act as one. */
  public static void root() {
    if (!"root".equals(System.getProperty("user.name"))) {
      absent("this test acts as two users", "run it as root");
    }
  }

  /**
   * Ends the test as skipped, or failed in CI.
   *
   * @param what is missing
   * @param remedy the command that helps
   */
  public static void absent(String what, String remedy) {
    String message = what + "; to get it: " + remedy;
    if ("true".equals(System.getenv("CI"))) {
      throw new TestkitException(message + " (CI=true: nothing may be skipped)");
    }
    say("SKIPPED: " + message);
    Assumptions.abort(message);
  }

  /** One line on standard error, where somebody who reads the build's output sees it. */
  @SuppressWarnings("SystemOut") // the testkit speaks to a person at a terminal, not to a log
  static void say(String line) {
    System.err.println("testkit: " + line);
  }
}
