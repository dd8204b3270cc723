package dev.piecework.worker.scratch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.layout.Bundle;
import dev.piecework.layout.Segments;
import dev.piecework.metainfo.Metainfo;
import dev.piecework.metainfo.MetainfoParser;
import dev.piecework.testkit.Content;
import dev.piecework.testkit.TorrentMaker;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Torrents of 8 bundles with two pieces of 16 KiB each, in a budget of four bundles. */
final class ScratchBudgetTest {
  private static final int BUNDLE = 2 * 16384;

  @TempDir private Path folder;
  private final List<Path> discarded = new CopyOnWriteArrayList<>();
  private final IdleScratch idle = new IdleScratch(discarded::add);
  private final ScratchBudget budget = new ScratchBudget(4 * BUNDLE, idle);
  private final Asked asked = new Asked();

  @Test
  void aJobTakesAllThatOthersLeaveAndWaitsForRoom() throws Exception {
    ScratchBudget.Account first = account();
    ScratchBudget.Account second = account();
    first.holder(asked);

    assertThat(first.reserve(0, 1, false)).isTrue();
    assertThat(first.reserve(2, 3, false)).isTrue();
    assertThat(first.reserve(4, 5, false)).isTrue();
    assertThat(first.reserve(6, 7, false)).as("the second job's one bundle").isFalse();
    assertThat(second.reserve(0, 1, false)).isTrue();
    assertThat(second.reserve(2, 3, false)).isFalse();
    assertThat(budget.usedBytes()).isEqualTo(4 * BUNDLE);
    assertThat(asked.bytes).as("given back, if it is kept for peers").contains((long) BUNDLE);

    first.released(0);

    assertThat(asked.room).isPositive();
    assertThat(first.reserve(6, 7, false)).isTrue();
  }

  @Test
  void whatIsLeftForLaterAttemptsIsInNobodysWayAndGoesFirstTheOldestBeforeAll() throws Exception {
    Path old = Path.of("old");
    Path young = Path.of("young");
    idle.left(old, BUNDLE);
    idle.left(young, BUNDLE);
    ScratchBudget.Account job = account();
    job.holder(asked);

    assertThat(job.reserve(0, 1, false)).isTrue();
    assertThat(job.reserve(2, 3, false)).isTrue();
    assertThat(discarded).isEmpty();
    assertThat(budget.usedBytes()).isEqualTo(4 * BUNDLE);

    assertThat(job.reserve(4, 5, false)).isTrue();
    Awaitility.await().until(() -> discarded.equals(List.of(old)));
    assertThat(budget.usedBytes()).isEqualTo(4 * BUNDLE);
    assertThat(asked.bytes).as("what is kept for peers").isEmpty();

    assertThat(job.reserve(6, 7, false)).isTrue();
    Awaitility.await().until(() -> discarded.equals(List.of(old, young)));
  }

  @Test
  void whatMustBeIsCountedAndNothingTwice() throws Exception {
    ScratchBudget.Account job = account();
    job.reserve(0, 9, true);
    job.reserve(0, 9, true);

    assertThat(budget.usedBytes()).isEqualTo(5 * BUNDLE);
    assertThat(job.room()).isNegative();
    assertThat(job.reserve(0, 1, false)).as("more than the budget").isFalse();
  }

  @Test
  void theEndOfAJobMakesRoom() throws Exception {
    ScratchBudget.Account first = account();
    ScratchBudget.Account second = account();
    second.holder(asked);
    first.reserve(0, 5, false);
    assertThat(second.reserve(0, 3, false)).isFalse();

    first.close();

    assertThat(asked.room).isEqualTo(1);
    assertThat(second.reserve(0, 3, false)).isTrue();
  }

  private ScratchBudget.Account account() throws Exception {
    Path file = Content.file(folder.resolve("in/set.bin"), 8 * BUNDLE, 1);
    Metainfo metainfo =
        MetainfoParser.parse(TorrentMaker.of(file).pieceBytes(16384).make().metainfo());
    List<Bundle> bundles = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      bundles.add(new Bundle(i, 2 * i, 2 * i + 1, List.of()));
    }
    return budget.open(new Segments(metainfo, bundles), () -> 0);
  }

  private static final class Asked implements ScratchBudget.Holder {
    private final List<Long> bytes = new ArrayList<>();
    private int room;

    @Override
    public void giveBack(long needed) {
      bytes.add(needed);
    }

    @Override
    public void roomMade() {
      room++;
    }
  }
}
