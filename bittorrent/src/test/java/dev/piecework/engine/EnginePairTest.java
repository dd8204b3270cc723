package dev.piecework.engine;

import static dev.piecework.engine.TestDownload.loopback;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two engines of ours with each other over real sockets. */
class EnginePairTest {
  private static final Duration LIMIT = Duration.ofMinutes(1);

  @TempDir Path folder;
  private Engine seeder;
  private Engine leecher;

  @BeforeEach
  void start() {
    seeder = Engine.start(EngineSettings.defaults());
    leecher = Engine.start(EngineSettings.defaults());
  }

  @AfterEach
  void stop() {
    leecher.close();
    seeder.close();
  }

  @Test
  void everyByteArrivesAndIsReportedOnce() {
    TestContent content = TestContent.make(folder, (20 << 20) + 12345, 256 << 10);
    seed(content);
    MemoryStorage storage = MemoryStorage.empty(content.metainfo());
    TestDownload download = new TestDownload(content.metainfo());
    Torrent torrent =
        download.start(leecher, download.request(storage, List.of(loopback(seeder.listenPort()))));

    await().atMost(LIMIT).until(download::complete);

    assertThat(storage.bytes()).isEqualTo(content.bytes());
    assertThat(download.failure.get()).isEmpty();
    assertThat(torrent.stop()).succeedsWithin(LIMIT);
    assertThat(torrent.stats().verifiedPieces()).isEqualTo(content.metainfo().pieceCount());
  }

  @Test
  void aWindowThatIsNeverDurableStopsTheDownload() {
    TestContent content = TestContent.make(folder, 40 << 20, 256 << 10);
    seed(content);
    MemoryStorage storage = MemoryStorage.empty(content.metainfo());
    TestDownload download = new TestDownload(content.metainfo()).neverDurable();
    long window = 16L << 20;
    download.start(
        leecher,
        download.request(storage, List.of(loopback(seeder.listenPort())), new BitSet(), window, 0));

    int pieces = (int) (window / (256 << 10));
    await().atMost(LIMIT).until(() -> download.verifiedPieces() >= pieces);
    await()
        .during(Duration.ofSeconds(1))
        .atMost(LIMIT)
        .until(() -> download.verifiedPieces() <= pieces + 1);

    download.durable();
    await().atMost(LIMIT).until(download::complete);
  }

  @Test
  void anInfoHashIsRefusedWhileItIsAtWork() {
    TestContent content = TestContent.make(folder, 1 << 20, 64 << 10);
    Torrent torrent = seed(content);
    TestDownload again = new TestDownload(content.metainfo());

    assertThatThrownBy(
            () -> seeder.add(again.request(MemoryStorage.empty(content.metainfo()), List.of())))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("already at work");

    assertThat(torrent.stop()).succeedsWithin(LIMIT);
    again.start(seeder, again.request(MemoryStorage.empty(content.metainfo()), List.of()));
  }

  private Torrent seed(TestContent content) {
    TestDownload seeding = new TestDownload(content.metainfo());
    return seeding.start(
        seeder, seeding.seed(MemoryStorage.full(content.metainfo(), content.bytes())));
  }
}
