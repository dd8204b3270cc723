package dev.piecework.engine;

import static dev.piecework.engine.TestDownload.loopback;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.piecework.swarm.PeerOrigin;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is counted over all torrents, and stays counted when they have ended. */
class EngineStatsTest {
  private static final Duration LIMIT = Duration.ofMinutes(1);

  @TempDir Path folder;

  @Test
  void sumsGoOnWhenTorrentsEndAndPeersDoNot() {
    TestContent content = TestContent.make(folder, (2 << 20) + 5, 64 << 10);
    try (Engine seeder = Engine.start(EngineSettings.defaults());
        Engine leecher = Engine.start(EngineSettings.defaults())) {
      TestDownload seeding = new TestDownload(content.metainfo());
      seeding.start(seeder, seeding.seed(MemoryStorage.full(content.metainfo(), content.bytes())));
      TestDownload download = new TestDownload(content.metainfo()).neverDurable();
      Torrent torrent =
          download.start(
              leecher,
              download.request(
                  MemoryStorage.empty(content.metainfo()), List.of(loopback(seeder.listenPort()))));

      await()
          .atMost(LIMIT)
          .until(() -> leecher.stats().peers().of(PeerOrigin.GIVEN, PeerState.SEEDER) == 1);
      await()
          .atMost(LIMIT)
          .until(() -> seeder.stats().peers().of(PeerOrigin.INCOMING, PeerState.LEECHER) == 1);
      assertThat(leecher.stats().torrents()).isEqualTo(1);
      await().atMost(LIMIT).until(download::complete);
      assertThat(torrent.stop()).succeedsWithin(LIMIT);

      EngineStats after = leecher.stats();
      assertThat(after.verifiedPieces()).isEqualTo(content.metainfo().pieceCount());
      assertThat(after.failedPieces()).isZero();
      assertThat(after.receivedBytes() - after.wastedBytes())
          .isEqualTo(content.metainfo().totalLength());
      assertThat(after.torrents()).isZero();
      assertThat(after.closedConnections())
          .containsOnlyKeys(CloseReason.values())
          .containsEntry(CloseReason.CORRUPT_DATA, 0L)
          .containsValue(1L);
      for (PeerState state : PeerState.values()) {
        assertThat(after.peers().of(state)).as("%s", state).isZero();
      }
      assertThat(after.pieceBufferBytes()).isZero();
      await()
          .atMost(LIMIT)
          .until(() -> seeder.stats().sentBytes() == leecher.stats().receivedBytes());
    }
  }
}
