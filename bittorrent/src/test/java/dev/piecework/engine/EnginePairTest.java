package dev.piecework.engine;

import static dev.piecework.engine.TestDownload.loopback;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.piecework.net.Transports;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

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
  void twoOfOneInfoHashDownloadSideBySide() {
    TestContent content = TestContent.make(folder, 4 << 20, 64 << 10);
    seed(content);
    List<InetSocketAddress> origin = List.of(loopback(seeder.listenPort()));
    TestDownload one = new TestDownload(content.metainfo());
    TestDownload two = new TestDownload(content.metainfo());
    Torrent first =
        one.start(leecher, one.request(MemoryStorage.empty(content.metainfo()), origin));
    two.start(leecher, two.request(MemoryStorage.empty(content.metainfo()), origin));

    await().atMost(LIMIT).until(() -> one.complete() && two.complete());
    assertThat(leecher.stats().torrents()).isEqualTo(2);

    assertThat(first.stop()).succeedsWithin(LIMIT);
    assertThat(leecher.stats().torrents()).isOne();
    // Who is left gets the incoming connections.
    try (Engine late = Engine.start(EngineSettings.defaults())) {
      TestDownload third = new TestDownload(content.metainfo());
      third.start(
          late,
          third.request(
              MemoryStorage.empty(content.metainfo()), List.of(loopback(leecher.listenPort()))));
      await().atMost(LIMIT).until(third::complete);
    }
  }

  /** As where seeders take one connection of a host only. */
  @Test
  void theSecondOfOneInfoHashGetsAllFromTheFirst() {
    TestContent content = TestContent.make(folder, 4 << 20, 64 << 10);
    seed(content);
    TestDownload one = new TestDownload(content.metainfo());
    TestDownload two = new TestDownload(content.metainfo());
    one.start(
        leecher,
        one.request(
            MemoryStorage.empty(content.metainfo()), List.of(loopback(seeder.listenPort()))));
    two.start(leecher, two.request(MemoryStorage.empty(content.metainfo()), List.of()));

    await().atMost(LIMIT).until(() -> one.complete() && two.complete());
  }

  @ParameterizedTest
  @EnumSource(Transports.class)
  void everyTransportThatLoadsMovesPeersToTheLoopOfTheirTorrent(Transports transport) {
    assumeTrue(transport.available());
    EngineSettings settings = EngineSettings.defaults();
    try (Engine from = new SwarmEngine(settings, transport);
        Engine to = new SwarmEngine(settings, transport)) {
      // Several torrents, so that some connections are accepted on another loop than their own.
      List<TestDownload> downloads = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        TestContent content = TestContent.make(folder, (3 << 20) + i, 64 << 10);
        TestDownload seeding = new TestDownload(content.metainfo());
        seeding.start(from, seeding.seed(MemoryStorage.full(content.metainfo(), content.bytes())));
        TestDownload download = new TestDownload(content.metainfo());
        download.start(
            to,
            download.request(
                MemoryStorage.empty(content.metainfo()), List.of(loopback(from.listenPort()))));
        downloads.add(download);
      }
      await().atMost(LIMIT).until(() -> downloads.stream().allMatch(TestDownload::complete));
    }
  }

  @Test
  void leechersTradeWithEachOther() {
    TestContent content = TestContent.make(folder, 12 << 20, 64 << 10);
    try (Engine third = Engine.start(EngineSettings.defaults())) {
      TestDownload seeding = new TestDownload(content.metainfo());
      Torrent origin =
          seeding.start(
              seeder,
              seeding.seed(MemoryStorage.full(content.metainfo(), content.bytes()), 4L << 20));
      TestDownload one = new TestDownload(content.metainfo());
      TestDownload two = new TestDownload(content.metainfo());
      MemoryStorage first = MemoryStorage.empty(content.metainfo());
      MemoryStorage second = MemoryStorage.empty(content.metainfo());
      Torrent a =
          one.start(
              leecher,
              one.request(
                  first, List.of(loopback(seeder.listenPort()), loopback(third.listenPort()))));
      Torrent b =
          two.start(
              third,
              two.request(
                  second, List.of(loopback(seeder.listenPort()), loopback(leecher.listenPort()))));
      await().atMost(LIMIT).until(() -> one.complete() && two.complete());
      assertThat(first.bytes()).isEqualTo(content.bytes());
      assertThat(second.bytes()).isEqualTo(content.bytes());
      await().atMost(LIMIT).until(() -> a.stats().sentBytes() + b.stats().sentBytes() > 1 << 20);
      await().atMost(LIMIT).until(() -> origin.stats().sentBytes() < 2L * content.bytes().length);
    }
  }

  @Test
  void aForgottenPieceIsNeitherServedNorAdvertised() {
    TestContent content = TestContent.make(folder, 2 << 20, 64 << 10);
    Torrent origin = seed(content);
    int forgotten = 5;
    TestDownload download = new TestDownload(content.metainfo());
    MemoryStorage storage = MemoryStorage.empty(content.metainfo());
    origin.forget(forgotten);
    download.start(leecher, download.request(storage, List.of(loopback(seeder.listenPort()))));
    int pieces = content.metainfo().pieceCount();
    await().atMost(LIMIT).until(() -> download.verifiedPieces() == pieces - 1);
    assertThat(download.order).doesNotContain(forgotten);
  }

  @Test
  void aPieceForgottenWhilePeersAreConnectedIsTakenBack() {
    TestContent content = TestContent.make(folder, 3 << 20, 64 << 10);
    TestDownload seeding = new TestDownload(content.metainfo());
    Torrent origin =
        seeding.start(
            seeder,
            seeding.seed(MemoryStorage.full(content.metainfo(), content.bytes()), 256 << 10));
    TestDownload download = new TestDownload(content.metainfo());
    MemoryStorage storage = MemoryStorage.empty(content.metainfo());
    Torrent torrent =
        download.start(leecher, download.request(storage, List.of(loopback(seeder.listenPort()))));
    await().atMost(LIMIT).until(() -> torrent.stats().seeders() == 1);
    for (int piece = 0; piece < content.metainfo().pieceCount(); piece++) {
      origin.forget(piece);
    }
    await().atMost(LIMIT).until(() -> torrent.stats().seeders() == 0);
    assertThat(download.complete()).isFalse();
    assertThat(torrent.stats().peers()).isEqualTo(1);
  }

  @Test
  void torrentsShareALittleMemoryAndAllComplete() {
    EngineSettings small = TestSettings.with(it -> it.pieceBufferBytes = 1 << 20);
    try (Engine narrow = Engine.start(small)) {
      List<TestDownload> downloads = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        TestContent content = TestContent.make(folder, (6 << 20) + i, 512 << 10);
        seed(content);
        TestDownload download = new TestDownload(content.metainfo());
        download.start(
            narrow,
            download.request(
                MemoryStorage.empty(content.metainfo()), List.of(loopback(seeder.listenPort()))));
        downloads.add(download);
      }
      await().atMost(LIMIT).until(() -> downloads.stream().allMatch(TestDownload::complete));
    }
  }

  @Test
  void storageThatFailsStopsTheTorrentAndSaysWhy() {
    TestContent content = TestContent.make(folder, 2 << 20, 64 << 10);
    seed(content);
    TestDownload download = new TestDownload(content.metainfo());
    PieceStorage full =
        new PieceStorage() {
          @Override
          public void write(int piece, ByteBuffer verified) throws IOException {
            throw new IOException("no space left");
          }

          @Override
          public boolean read(int piece, int offset, ByteBuffer into) {
            return false;
          }
        };
    Torrent torrent =
        download.start(leecher, download.request(full, List.of(loopback(seeder.listenPort()))));
    await().atMost(LIMIT).until(() -> download.failure.get().contains("no space left"));
    assertThat(torrent.stop()).succeedsWithin(LIMIT);
    assertThat(download.verifiedPieces()).isZero();
  }

  private Torrent seed(TestContent content) {
    TestDownload seeding = new TestDownload(content.metainfo());
    return seeding.start(
        seeder, seeding.seed(MemoryStorage.full(content.metainfo(), content.bytes())));
  }
}
