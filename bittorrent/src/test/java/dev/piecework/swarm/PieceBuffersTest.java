package dev.piecework.swarm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class PieceBuffersTest {
  private static final int LIMIT = 4 << 20;

  private final PieceBuffers buffers = new PieceBuffers(LIMIT);

  @AfterEach
  void close() {
    buffers.close();
  }

  @Test
  void theLimitHoldsWhateverIsAskedFor() {
    PieceBuffers.Account one = buffers.open(() -> {});
    PieceBuffers.Account two = buffers.open(() -> {});
    Random random = new Random(3);
    Deque<Runnable> held = new ArrayDeque<>();
    for (int i = 0; i < 5000; i++) {
      PieceBuffers.Account account = random.nextBoolean() ? one : two;
      Optional<ByteBuf> got = account.acquire(1 + random.nextInt(LIMIT));
      got.ifPresent(buffer -> held.add(() -> account.release(buffer)));
      assertThat(buffers.usedBytes() + buffers.idleBytes()).isLessThanOrEqualTo(LIMIT);
      if (got.isEmpty() && !held.isEmpty()) {
        held.removeFirst().run();
      }
    }
    held.forEach(Runnable::run);
    assertThat(buffers.usedBytes()).isZero();
  }

  @Test
  void aPieceAsLongAsTheLimitFitsAndALongerOneDoesNot() {
    PieceBuffers.Account account = buffers.open(() -> {});
    account.release(account.acquire(LIMIT).orElseThrow());
    assertThat(PieceBuffers.holds(LIMIT, LIMIT)).isTrue();
    assertThat(PieceBuffers.holds(LIMIT, LIMIT + 1)).isFalse();
    // Memory comes in portions, so that it can be used again.
    assertThat(PieceBuffers.holds(LIMIT - 1, LIMIT - 1)).isFalse();
    assertThatThrownBy(() -> account.acquire(LIMIT + 1))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aLongPieceGetsItsTurnBesideShortOnes() {
    PieceBuffers.Account shorts = buffers.open(() -> {});
    PieceBuffers.Account late = buffers.open(() -> {});
    PieceBuffers.Account longs = buffers.open(() -> {});
    Deque<ByteBuf> held = new ArrayDeque<>();
    for (int i = 0; i < 8; i++) {
      held.add(shorts.acquire(LIMIT / 8).orElseThrow());
    }
    assertThat(longs.acquire(LIMIT)).isEmpty();
    // Each piece that is done is replaced, if that may be; even by one who has nothing yet.
    for (int i = 0; i < 8; i++) {
      shorts.release(held.removeFirst());
      shorts.acquire(LIMIT / 8).ifPresent(held::add);
      assertThat(late.acquire(LIMIT / 8)).isEmpty();
    }
    ByteBuf whole = longs.acquire(LIMIT).orElseThrow();
    assertThat(shorts.acquire(LIMIT / 8)).isEmpty();
    longs.release(whole);
    assertThat(longs.acquire(LIMIT)).as("not twice in a row while others wait").isEmpty();
    shorts.release(shorts.acquire(LIMIT / 8).orElseThrow());
  }
}
