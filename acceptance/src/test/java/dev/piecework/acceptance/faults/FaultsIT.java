package dev.piecework.acceptance.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The short form of the fault suite; the long one is {@code ./check faults}. {@code
 * -Dpiecework.faults.seed=S} and {@code -Dpiecework.faults.rounds=N} draw others.
 */
class FaultsIT {
  private static final long SEED = Long.getLong("piecework.faults.seed", 7);
  private static final int ROUNDS = Integer.getInteger("piecework.faults.rounds", 6);

  @Test
  @Timeout(1800)
  @SuppressWarnings("SystemOut") // rounds for whoever reads the test's output
  void noJobIsLostDoneTwiceOrDoneWrong() throws Exception {
    FaultSuite suite =
        new FaultSuite(
            SEED,
            FaultSuite.DEFAULT_WORKERS,
            Path.of("target", "faults", "seed-" + SEED),
            System.err);

    Totals totals = suite.run(1, ROUNDS);

    assertThat(totals.right()).as(totals.line()).isTrue();
  }
}
