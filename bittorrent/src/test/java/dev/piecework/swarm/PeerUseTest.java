package dev.piecework.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class PeerUseTest {
  private static final long TRIAL = TimeUnit.SECONDS.toNanos(10);

  private final PeerUse use = new PeerUse(0);

  @Test
  void whoHasNothingAndTakesNothingIsIdleAfterOneTrial() {
    use.update(1, 0, true, true, false, false);

    assertThat(use.idle(TRIAL - 1, TRIAL)).isFalse();
    assertThat(use.idle(TRIAL, TRIAL)).isTrue();
  }

  @Test
  void whoLetsUsAskAndDoesNotAnswerIsIdleOneTrialLater() {
    use.update(TRIAL, 0, false, true, true, false);

    assertThat(use.idle(2 * TRIAL - 1, TRIAL)).isFalse();
    assertThat(use.idle(2 * TRIAL, TRIAL)).isTrue();
  }

  @Test
  void whoeverWaitsForATurnMayWaitLonger() {
    use.update(1, 0, true, true, false, true);

    assertThat(use.idle(2 * TRIAL, TRIAL)).isFalse();
    assertThat(use.idle(3 * TRIAL, TRIAL)).isTrue();
  }

  @Test
  void chokingAndUnchokingWithoutEndIsNoUse() {
    for (int i = 0; i < 100; i++) {
      use.update(i, 0, i % 2 == 0, true, true, false);
    }

    assertThat(use.idle(4 * TRIAL, TRIAL)).isTrue();
  }

  @Test
  void oneBlockLongAgoIsNoUseForEver() {
    use.update(TRIAL, 16384, false, true, true, false);

    assertThat(use.idle(5 * TRIAL, TRIAL)).isFalse();
    use.update(6 * TRIAL, 2 * 16384, false, true, true, false);
    assertThat(use.idle(11 * TRIAL, TRIAL)).isFalse();
    assertThat(use.idle(12 * TRIAL, TRIAL)).isTrue();
  }

  @Test
  void whoGaveNothingGoesBeforeWhoWaitsAndWhoWaitsBeforeWhoGave() {
    PeerUse waits = new PeerUse(0);
    waits.update(1, 0, true, true, true, false);
    PeerUse gave = new PeerUse(0);
    gave.update(1, 1, false, true, false, false);
    long later = 100 * TRIAL;

    assertThat(use.worseThan(waits, later)).isTrue();
    assertThat(waits.worseThan(use, later)).isFalse();
    assertThat(waits.worseThan(gave, later)).isTrue();
    assertThat(gave.worseThan(waits, later)).isFalse();
  }
}
