package dev.piecework.engine;

import static dev.piecework.engine.TestDownload.loopback;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.management.UnixOperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a torrent took, it gives back. */
class ReleaseTest {
  private static final Duration LIMIT = Duration.ofMinutes(1);
  private static final int ROUNDS = 1000;

  @TempDir Path folder;

  @Test
  void aThousandTorrentsLeaveAsManyThreadsAndSocketsAndBuffersAsOne() {
    TestContent content = TestContent.make(folder, 200_000, 32 << 10);
    SwarmEngine seeder = new SwarmEngine(EngineSettings.defaults());
    SwarmEngine leecher = new SwarmEngine(fast());
    try (seeder;
        leecher) {
      TestDownload seeding = new TestDownload(content.metainfo());
      seeding.start(seeder, seeding.seed(MemoryStorage.full(content.metainfo(), content.bytes())));
      for (int i = 0; i < 20; i++) {
        fetchSome(content, seeder, leecher);
      }
      await().atMost(LIMIT).until(() -> leecher.limits().open() == 0);
      long threads = ManagementFactory.getThreadMXBean().getThreadCount();
      long files = openFiles();
      for (int i = 0; i < ROUNDS; i++) {
        fetchSome(content, seeder, leecher);
      }
      await().atMost(LIMIT).until(() -> leecher.limits().open() == 0);
      await().atMost(LIMIT).until(() -> seeder.limits().open() == 0);
      assertThat(leecher.buffers().usedBytes()).isZero();
      assertThat(leecher.buffers().idleBytes()).isZero();
      assertThat((long) ManagementFactory.getThreadMXBean().getThreadCount())
          .isLessThanOrEqualTo(threads + 5);
      await().atMost(LIMIT).until(() -> openFiles() <= files + 5);
    }
  }

  /** Not always to the end: stopping half-way must release as well. */
  private static void fetchSome(TestContent content, SwarmEngine seeder, SwarmEngine leecher) {
    TestDownload download = new TestDownload(content.metainfo());
    MemoryStorage storage = MemoryStorage.empty(content.metainfo());
    Torrent torrent =
        download.start(leecher, download.request(storage, List.of(loopback(seeder.listenPort()))));
    if (download.hashCode() % 4 == 0) {
      await()
          .pollDelay(Duration.ZERO)
          .pollInterval(Duration.ofMillis(1))
          .atMost(LIMIT)
          .until(() -> download.verifiedPieces() > 0);
    }
    assertThat(torrent.stop()).succeedsWithin(LIMIT);
    assertThat(torrent.stop()).succeedsWithin(LIMIT);
  }

  @Test
  void closingAnEngineEndsItsThreadsWithTorrentsAtWork() {
    TestContent content = TestContent.make(folder, 4 << 20, 32 << 10);
    for (int i = 0; i < 5; i++) {
      SwarmEngine seeder = new SwarmEngine(EngineSettings.defaults());
      SwarmEngine leecher = new SwarmEngine(EngineSettings.defaults());
      TestDownload seeding = new TestDownload(content.metainfo());
      seeding.start(seeder, seeding.seed(MemoryStorage.full(content.metainfo(), content.bytes())));
      TestDownload download = new TestDownload(content.metainfo());
      Torrent torrent =
          download.start(
              leecher,
              download.request(
                  MemoryStorage.empty(content.metainfo()), List.of(loopback(seeder.listenPort()))));
      await().atMost(LIMIT).until(() -> download.verifiedPieces() > 0);
      seeder.close();
      leecher.close();
      leecher.close();
      CompletableFuture<Void> stopped = torrent.stop();
      assertThat(stopped).succeedsWithin(LIMIT);
      torrent.bundleDone(0);
      torrent.forget(0);
      torrent.addPeers(List.of(loopback(1)));
      assertThat(leecher.buffers().usedBytes()).isZero();
      assertThat(leecher.buffers().idleBytes()).isZero();
    }
    await().atMost(LIMIT).untilAsserted(() -> assertThat(engineThreads()).isEmpty());
  }

  private static List<String> engineThreads() {
    List<String> names = new ArrayList<>();
    for (Thread thread : Thread.getAllStackTraces().keySet()) {
      if (thread.getName().startsWith("piecework-")) {
        names.add(thread.getName());
      }
    }
    return names;
  }

  private static EngineSettings fast() {
    return TestSettings.with(it -> it.connectionsPerSecond = 100_000);
  }

  private static long openFiles() {
    return ((UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getOpenFileDescriptorCount();
  }
}
