package dev.piecework.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.piecework.testkit.Client;
import dev.piecework.testkit.ClientOptions;
import dev.piecework.testkit.Content;
import dev.piecework.testkit.RunningClient;
import dev.piecework.testkit.Tracker;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** We with clients that others wrote, each way. */
class InteropIT {
  private static final Duration LIMIT = Duration.ofMinutes(3);
  private static final int LENGTH = (48 << 20) + 4321;

  @TempDir Path folder;
  private Engine engine;

  @BeforeEach
  void start() {
    engine = Engine.start(EngineSettings.defaults());
  }

  @AfterEach
  void stop() {
    engine.close();
  }

  @ParameterizedTest
  @EnumSource(Client.class)
  void weFetchFromEachAlone(Client client) {
    TestContent content = TestContent.make(folder, LENGTH, 256 << 10);
    try (RunningClient seeder = client.seed(content.torrent())) {
      fetch(content, List.of(seeder.address()));
    }
  }

  @Test
  void weFetchFromAllTogether() {
    TestContent content = TestContent.make(folder, 2L * LENGTH, 512 << 10);
    List<RunningClient> seeders = new ArrayList<>();
    try {
      List<InetSocketAddress> addresses = new ArrayList<>();
      for (Client client : Client.values()) {
        RunningClient seeder = client.seed(content.torrent(), ClientOptions.none().upload(8 << 20));
        seeders.add(seeder);
        addresses.add(seeder.address());
      }
      TorrentStats stats = fetch(content, addresses);
      // What the endgame asks for twice depends on who is slow today: mostly it is below a
      // hundredth.
      assertThat(stats.wastedBytes()).isLessThan(content.bytes().length / 10);
    } finally {
      seeders.forEach(RunningClient::close);
    }
  }

  @ParameterizedTest
  @EnumSource(Client.class)
  void eachFetchesFromUs(Client client) throws IOException {
    TestContent content = TestContent.make(folder, LENGTH, 256 << 10);
    TestDownload seeding = new TestDownload(content.metainfo());
    Torrent torrent =
        seeding.start(
            engine, seeding.seed(MemoryStorage.full(content.metainfo(), content.bytes())));
    Path target = Files.createDirectory(folder.resolve("leech"));
    try (RunningClient leecher =
        client.leech(
            content.torrent(),
            target,
            ClientOptions.none().peer(TestDownload.loopback(engine.listenPort())))) {
      leecher.awaitComplete(LIMIT);
      // A client may say that it has all before the last of it is written to its file.
      String wanted = Content.sha256(content.torrent().content());
      await()
          .atMost(LIMIT)
          .untilAsserted(() -> assertThat(Content.sha256(leecher.content())).isEqualTo(wanted));
    }
    await().atMost(LIMIT).until(() -> torrent.stats().sentBytes() >= LENGTH);
  }

  @Test
  void aTrackerBringsUsTogether() {
    TestContent made = TestContent.make(folder, LENGTH, 256 << 10);
    try (Tracker tracker = Tracker.start(made.torrent().infoHash())) {
      TestContent content = made.announcedTo(tracker.http(), tracker.udp());
      try (RunningClient seeder = Client.LIBTORRENT.seed(content.torrent())) {
        await().atMost(LIMIT).until(() -> tracker.seeders(made.torrent().infoHash()) == 1);
        TorrentStats stats = fetch(content, List.of());
        assertThat(stats.trackers()).anyMatch(state -> state.outcome().equals("ok"));
        assertThat(seeder.progress().complete()).isTrue();
      }
      await().atMost(LIMIT).until(() -> tracker.leechers(made.torrent().infoHash()) == 0);
    }
  }

  private TorrentStats fetch(TestContent content, List<InetSocketAddress> peers) {
    MemoryStorage storage = MemoryStorage.empty(content.metainfo());
    TestDownload download = new TestDownload(content.metainfo());
    Torrent torrent = download.start(engine, download.request(storage, peers));
    await().atMost(LIMIT).until(download::complete);
    assertThat(storage.bytes()).isEqualTo(content.bytes());
    assertThat(download.failure.get()).isEmpty();
    assertThat(torrent.stop()).succeedsWithin(LIMIT);
    return torrent.stats();
  }
}
