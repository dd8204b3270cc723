package dev.piecework.engine;

import static dev.piecework.engine.TestDownload.loopback;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.piecework.metainfo.InfoHash;
import dev.piecework.metainfo.Metainfo;
import dev.piecework.swarm.Reputation;
import dev.piecework.wire.Handshake;
import dev.piecework.wire.PeerId;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Peers that lie, stall or send nonsense. */
class HostilePeersTest {
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
  void aPeerThatSendsWrongDataIsBannedAndTheDownloadCompletes() throws IOException {
    TestContent content = TestContent.make(folder, (8 << 20) + 77, 128 << 10);
    try (ScriptedPeer liar =
        new ScriptedPeer(
            content.metainfo().infoHash(), 1, (piece, offset, length) -> new byte[length])) {
      MemoryStorage storage = MemoryStorage.empty(content.metainfo());
      TestDownload download = new TestDownload(content.metainfo());
      Torrent torrent = download.start(leecher, download.request(storage, List.of(liar.address())));
      await().atMost(LIMIT).until(() -> torrent.stats().failedPieces() > 0);
      await().atMost(LIMIT).until(() -> liar.ended.get() > 0);

      seed(content);
      torrent.addPeers(List.of(loopback(seeder.listenPort()), liar.address()));
      await().atMost(LIMIT).until(download::complete);
      assertThat(storage.bytes()).isEqualTo(content.bytes());
      assertThat(liar.connections).as("not called again").hasValue(1);
      assertThat(torrent.stats().wastedBytes()).isPositive();
      assertThat(leecher.stats().closedConnections()).containsEntry(CloseReason.CORRUPT_DATA, 1L);
      assertThat(leecher.stats().bans()).isEqualTo(new Reputation.Bans(0, 1));
    }
  }

  @Test
  void oneWrongBlockAmongGoodOnesIsFoundOutAndTheDownloadCompletes() throws IOException {
    TestContent content = TestContent.make(folder, 6 << 20, 256 << 10);
    try (ScriptedPeer liar =
            new ScriptedPeer(
                content.metainfo().infoHash(),
                1,
                (piece, offset, length) ->
                    offset == 32768
                        ? new byte[length]
                        : ScriptedPeer.right(content, piece, offset, length));
        ScriptedPeer honest =
            new ScriptedPeer(
                content.metainfo().infoHash(),
                2,
                (piece, offset, length) -> ScriptedPeer.right(content, piece, offset, length))) {
      MemoryStorage storage = MemoryStorage.empty(content.metainfo());
      TestDownload download = new TestDownload(content.metainfo());
      Torrent torrent =
          download.start(
              leecher, download.request(storage, List.of(liar.address(), honest.address())));
      await().atMost(LIMIT).until(download::complete);
      assertThat(storage.bytes()).isEqualTo(content.bytes());
      assertThat(torrent.stop()).succeedsWithin(LIMIT);
      assertThat(torrent.stats().failedPieces()).isPositive();
    }
  }

  @Test
  void aPeerThatNeverAnswersDoesNotHoldTheDownloadUp() throws IOException {
    TestContent content = TestContent.make(folder, 4 << 20, 64 << 10);
    try (ScriptedPeer silent =
        new ScriptedPeer(
            content.metainfo().infoHash(), 1, (piece, offset, length) -> new byte[0])) {
      MemoryStorage storage = MemoryStorage.empty(content.metainfo());
      TestDownload download = new TestDownload(content.metainfo());
      Torrent torrent =
          download.start(leecher, download.request(storage, List.of(silent.address())));
      await().atMost(LIMIT).until(() -> silent.requests.get() > 0);
      seed(content);
      torrent.addPeers(List.of(loopback(seeder.listenPort())));
      await().atMost(LIMIT).until(download::complete);
      assertThat(storage.bytes()).isEqualTo(content.bytes());
    }
  }

  @Test
  void nonsenseOnTheWireNeverHarmsTheEngine() throws IOException {
    TestContent content = TestContent.make(folder, 2 << 20, 32 << 10);
    seed(content);
    Random random = new Random(20260102);
    for (int round = 0; round < 150; round++) {
      try (Socket socket = new Socket(loopback(0).getAddress(), seeder.listenPort())) {
        ByteBuf bytes = Unpooled.buffer();
        if (round % 10 != 0) {
          hello(content.metainfo(), random).write(bytes);
        }
        for (int message = 0; message < 20; message++) {
          nonsense(bytes, random, content.metainfo().pieceCount());
        }
        try {
          RawPeer.send(socket.getOutputStream(), bytes);
        } catch (IOException e) {
          // It has hung up on us already, as it may.
        }
      }
    }
    MemoryStorage storage = MemoryStorage.empty(content.metainfo());
    TestDownload download = new TestDownload(content.metainfo());
    download.start(leecher, download.request(storage, List.of(loopback(seeder.listenPort()))));
    await().atMost(LIMIT).until(download::complete);
    assertThat(storage.bytes()).isEqualTo(content.bytes());
  }

  @Test
  void nonsenseFromPeersThatWeCallNeverHarmsTheDownload() throws IOException {
    TestContent content = TestContent.make(folder, 2 << 20, 32 << 10);
    seed(content);
    Random random = new Random(20260103);
    try (ScriptedPeer odd =
            new ScriptedPeer(
                content.metainfo().infoHash(),
                3,
                (piece, offset, length) -> new byte[1 + random.nextInt(140_000)]);
        ScriptedPeer short1 =
            new ScriptedPeer(
                content.metainfo().infoHash(), 4, (piece, offset, length) -> new byte[1])) {
      MemoryStorage storage = MemoryStorage.empty(content.metainfo());
      TestDownload download = new TestDownload(content.metainfo());
      Torrent torrent =
          download.start(
              leecher, download.request(storage, List.of(odd.address(), short1.address())));
      await().atMost(LIMIT).until(() -> odd.ended.get() > 0 && short1.ended.get() > 0);
      torrent.addPeers(List.of(loopback(seeder.listenPort())));
      await().atMost(LIMIT).until(download::complete);
      assertThat(storage.bytes()).isEqualTo(content.bytes());
    }
  }

  @Test
  void aHandshakeForATorrentThatIsNotHereIsHungUpOn() throws IOException {
    try (Socket socket = new Socket(loopback(0).getAddress(), seeder.listenPort())) {
      ByteBuf bytes = Unpooled.buffer();
      new Handshake(true, true, InfoHash.fromHex("ab".repeat(20)), PeerId.random(new Random(1)))
          .write(bytes);
      RawPeer.send(socket.getOutputStream(), bytes);
      InputStream in = socket.getInputStream();
      assertThat(in.read()).isEqualTo(-1);
    }
  }

  private static void nonsense(ByteBuf out, Random random, int pieces) {
    int id = random.nextInt(22);
    int length = random.nextInt(5) == 0 ? random.nextInt(3000) : usualLength(id, random, pieces);
    int claimed = random.nextInt(40) == 0 ? random.nextInt() : length + 1;
    out.writeInt(claimed).writeByte(id);
    for (int i = 0; i < length; i += 4) {
      int word = random.nextInt(3) == 0 ? random.nextInt() : random.nextInt(pieces);
      for (int j = 0; j < Math.min(4, length - i); j++) {
        out.writeByte(word >>> (24 - 8 * j));
      }
    }
  }

  private static int usualLength(int id, Random random, int pieces) {
    return switch (id) {
      case 0, 1, 2, 3, 14, 15 -> 0;
      case 4, 13, 17 -> 4;
      case 5 -> (pieces + 7) / 8;
      case 6, 8, 16 -> 12;
      case 7 -> 8 + random.nextInt(20_000);
      default -> random.nextInt(100);
    };
  }

  private static Handshake hello(Metainfo metainfo, Random random) {
    return new Handshake(
        random.nextBoolean(), random.nextBoolean(), metainfo.infoHash(), PeerId.random(random));
  }

  private void seed(TestContent content) {
    TestDownload seeding = new TestDownload(content.metainfo());
    seeding.start(seeder, seeding.seed(MemoryStorage.full(content.metainfo(), content.bytes())));
  }
}
