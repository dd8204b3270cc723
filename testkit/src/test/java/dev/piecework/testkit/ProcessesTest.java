package dev.piecework.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class ProcessesTest {
  private static final Duration LIMIT = Duration.ofSeconds(30);

  @Test
  void runsAndCapturesBothOutputsAndTheExitCode() {
    Processes.Outcome outcome =
        Processes.command("sh", "-c", "read line; echo out $line $A; echo err >&2; exit 3")
            .stdin("in\n")
            .environment("A", "b")
            .run(LIMIT);

    assertThat(outcome).isEqualTo(new Processes.Outcome(3, "out in b\n", "err\n"));
    assertThatThrownBy(outcome::orThrow)
        .hasMessageContaining("exit code 3")
        .hasMessageContaining("err");
  }

  @Test
  void killTakesTheChildrenAlong() {
    try (ManagedProcess shell =
        Processes.command("sh", "-c", "sleep 600 & echo $!; wait").start()) {
      shell.awaitOutput("\n", LIMIT);
      ProcessHandle child = ProcessHandle.of(Long.parseLong(shell.stdout().strip())).orElseThrow();

      shell.kill();

      assertThat(shell.alive()).isFalse();
      assertThat(shell.awaitExit(LIMIT)).isEqualTo(128 + 9);
      Await.until("the child to end", LIMIT, () -> !child.isAlive());
    }
  }

  @Test
  void measuresMemoryAndSendsSignals() {
    try (ManagedProcess shell =
        Processes.command(
                "sh", "-c", "trap 'echo bye; exit 5' TERM; echo up; while :; do sleep 0.1; done")
            .start()) {
      shell.awaitOutput("up", LIMIT);

      assertThat(shell.residentBytes()).isPositive().isLessThanOrEqualTo(shell.peakResidentBytes());
      shell.freeze();
      shell.thaw();
      shell.terminate();
      assertThat(shell.awaitExit(LIMIT)).isEqualTo(5);
      assertThat(shell.stdout()).contains("bye");
    }
  }

  @Test
  void aMissingProgramAndAnEarlyEndAreNamed() {
    assertThatThrownBy(() -> Processes.command("no-such-program").run(LIMIT))
        .hasMessageContaining("cannot start no-such-program");
    try (ManagedProcess shell = Processes.command("sh", "-c", "echo reason >&2; exit 1").start()) {
      assertThatThrownBy(() -> shell.awaitOutput("ready", LIMIT))
          .hasMessageContaining("ended without printing")
          .hasMessageContaining("exit code 1")
          .hasMessageContaining("reason");
    }
  }
}
