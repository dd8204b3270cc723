package dev.piecework.engine;

import static dev.piecework.engine.TestDownload.loopback;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.piecework.wire.Handshake;
import dev.piecework.wire.MessageWriter;
import dev.piecework.wire.PeerId;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Many peers that are of no use, and one that is. */
class CrowdTest {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final int MANY = 60;

  @TempDir Path folder;
  private final List<AutoCloseable> opened = new ArrayList<>();
  private final Random random = new Random(20261129);
  private TestContent content;
  private Engine seeder;
  private Engine leecher;

  @BeforeEach
  void start() {
    content = TestContent.make(folder, 10 * 32_768, 32_768);
    seeder = opened(Engine.start(EngineSettings.defaults()));
    leecher = opened(Engine.start(TestSettings.with(CrowdTest::patient)));
  }

  @AfterEach
  void stop() throws Exception {
    for (AutoCloseable each : opened.reversed()) {
      each.close();
    }
  }

  @Test
  void idlePeersOfOneAddressDoNotStallATorrent() throws IOException {
    TestDownload download = new TestDownload(content.metainfo());
    Torrent torrent = download.start(leecher, request(download));
    for (int i = 0; i < MANY; i++) {
      idlePeer("127.0.0.1");
    }
    int most = PeerLimits.defaults().connectionsPerAddress();
    await().atMost(LIMIT).until(() -> torrent.stats().peers() == most);
    assertThat(isTaken("127.0.0.2")).as("a peer of another address").isTrue();
    assertThat(torrent.stats().peers()).isLessThanOrEqualTo(most + 1);

    seed();
    torrent.addPeers(List.of(loopback(seeder.listenPort())));
    await().atMost(LIMIT).until(download::complete);
  }

  @Test
  void idlePeersOfManyAddressesMakeRoomForOneThatWaits() throws IOException {
    TestDownload download = new TestDownload(content.metainfo());
    Torrent torrent = download.start(leecher, request(download));
    int most = EngineSettings.defaults().maxConnectionsPerTorrent() * 3 / 4;
    for (int i = 1; i <= MANY; i++) {
      idlePeer("127.0.6." + i);
    }
    await().atMost(LIMIT).until(() -> torrent.stats().peers() == most);

    await().atMost(LIMIT).until(() -> isTaken("127.0.7.1"));
  }

  @Test
  void silentSeedersDoNotKeepTheGoodOneFromBeingCalled() throws IOException {
    // More than all silent ones can be asked for, so that only being called matters.
    content = TestContent.make(folder, 16 << 20, 32_768);
    List<InetSocketAddress> peers = new ArrayList<>();
    for (int i = 0; i < MANY; i++) {
      ScriptedPeer silent =
          new ScriptedPeer(
              content.metainfo().infoHash(), i, (piece, offset, length) -> new byte[0]);
      peers.add(opened(silent).address());
    }
    seed();
    peers.add(loopback(seeder.listenPort()));
    TestDownload download = new TestDownload(content.metainfo());
    download.start(leecher, download.request(MemoryStorage.empty(content.metainfo()), peers));

    await().atMost(LIMIT).until(() -> download.verifiedPieces() >= 100);
  }

  @Test
  void connectionsWithoutAHandshakeKeepNobodyOut() throws IOException {
    TestDownload download = new TestDownload(content.metainfo());
    download.start(leecher, request(download));
    for (int i = 0; i < 500; i++) {
      Socket socket = opened(new Socket());
      socket.bind(new InetSocketAddress("127.0.8." + (1 + i % 50), 0));
      socket.connect(loopback(leecher.listenPort()));
      socket.getOutputStream().write(19);
    }

    await().atMost(LIMIT).until(() -> leecher.stats().handshakes() == 128);
    assertThat(leecher.stats().maxHandshakes()).isEqualTo(128);
    assertThat(isTaken("127.0.0.1")).isTrue();
    assertThat(isTaken("127.0.8.1")).as("a peer of an address that attacks").isTrue();
  }

  @Test
  void deadAddressesOfATrackerDoNotHoldAGivenPeerUp() throws IOException {
    // A full backlog: whoever calls hears nothing at all.
    ServerSocket hole = opened(new ServerSocket(0, 1, InetAddress.ofLiteral("0.0.0.0")));
    List<InetSocketAddress> peers = new ArrayList<>();
    for (int i = 0; i < 2000; i++) {
      InetAddress silent = address("127.1." + (1 + i / 200) + "." + (1 + i % 200));
      peers.add(new InetSocketAddress(silent, hole.getLocalPort()));
    }
    LoopbackTracker tracker = opened(new LoopbackTracker(peers));
    TestContent announced = content.announcedTo(tracker.url());
    TestDownload download = new TestDownload(announced.metainfo());
    Torrent torrent = download.start(leecher, request(download));
    await().atMost(LIMIT).until(() -> torrent.stats().connecting() > 0);

    seed();
    torrent.addPeers(List.of(loopback(seeder.listenPort())));
    await().atMost(LIMIT).until(download::complete);
  }

  @Test
  void aPeerThatGivesALittleAndHangsUpIsCalledUntilAllIsThere() throws IOException {
    ScriptedPeer flapping = good(1);
    flapping.blocksEach = 6;
    TestDownload download = new TestDownload(content.metainfo());
    Torrent torrent =
        download.start(
            leecher,
            download.request(MemoryStorage.empty(content.metainfo()), List.of(flapping.address())));

    await().atMost(LIMIT).until(download::complete);
    assertThat(flapping.connections.get()).isGreaterThanOrEqualTo(4);
    assertThat(torrent.stats().verifiedPieces()).isEqualTo(10);
  }

  @Test
  void theOnlySeederIsCalledAgainAfterOneSlip() throws IOException {
    ScriptedPeer once = good(1);
    once.badConnections = 1;
    TestDownload download = new TestDownload(content.metainfo());
    download.start(
        leecher,
        download.request(MemoryStorage.empty(content.metainfo()), List.of(once.address())));

    await().atMost(LIMIT).until(download::complete);
    assertThat(once.connections.get()).isEqualTo(2);
  }

  @Test
  void whoBreaksTheProtocolAgainAndAgainIsNotAcceptedForATime() throws IOException {
    TestDownload download = new TestDownload(content.metainfo());
    download.start(leecher, request(download));
    for (int slip = 0; slip <= PeerLimits.defaults().slips(); slip++) {
      try (Socket socket = connect("127.0.9.1", new byte[] {0, 0, 0, 3, 0, 0, 0})) {
        assertThat(readToEnd(socket)).isTrue();
      }
    }

    assertThat(isTaken("127.0.9.1")).isFalse();
    assertThat(isTaken("127.0.9.2")).isTrue();
  }

  @Test
  void aBanOfAnAddressExpires() throws IOException {
    Engine forgiving =
        opened(
            Engine.start(
                TestSettings.with(it -> {
                  patient(it);
                  it.ban = Duration.ofSeconds(1);
                })));
    leecher = forgiving;
    TestDownload download = new TestDownload(content.metainfo());
    download.start(forgiving, request(download));
    for (int slip = 0; slip <= PeerLimits.defaults().slips(); slip++) {
      try (Socket socket = connect("127.0.9.5", new byte[] {0, 0, 0, 3, 0, 0, 0})) {
        assertThat(readToEnd(socket)).isTrue();
      }
    }
    await().atMost(LIMIT).until(() -> forgiving.stats().bans().forProtocolErrors() == 1);

    await().atMost(LIMIT).until(() -> isTaken("127.0.9.5"));
  }

  @Test
  void theAddressPolicyHoldsForIncomingPeers() throws IOException {
    Engine strict =
        opened(
            Engine.start(
                TestSettings.with(it -> {
                  patient(it);
                  it.addressPolicy = address -> !address.equals(address("127.0.9.3"));
                })));
    leecher = strict;
    TestDownload download = new TestDownload(content.metainfo());
    download.start(strict, request(download));

    assertThat(isTaken("127.0.9.3")).isFalse();
    assertThat(isTaken("127.0.9.4")).isTrue();
  }

  private static InetAddress address(String text) {
    return InetAddress.ofLiteral(text);
  }

  /** Handshakes have all the time of the world, so that nothing is solved by waiting. */
  private static void patient(TestSettings settings) {
    settings.connectTimeout = Duration.ofMinutes(10);
    settings.handshakeTimeout = Duration.ofMinutes(10);
    settings.trial = Duration.ofSeconds(1);
  }

  private TorrentRequest request(TestDownload download) {
    return download.request(MemoryStorage.empty(content.metainfo()), List.of());
  }

  private void seed() {
    TestDownload seeding = new TestDownload(content.metainfo());
    seeding.start(seeder, seeding.seed(MemoryStorage.full(content.metainfo(), content.bytes())));
  }

  private ScriptedPeer good(long seed) throws IOException {
    return opened(ScriptedPeer.honest(address("127.0.0.1"), content, seed));
  }

  private void idlePeer(String from) throws IOException {
    ByteBuf wants = Unpooled.buffer();
    MessageWriter.haveNone(wants);
    MessageWriter.interested(wants);
    opened(connect(from, Arrays.copyOf(wants.array(), wants.readableBytes())));
  }

  /** Sends a handshake and what follows it. */
  private Socket connect(String from, byte[] after) throws IOException {
    Socket socket = new Socket();
    socket.bind(new InetSocketAddress(from, 0));
    socket.connect(loopback(leecher.listenPort()));
    socket.setSoTimeout(10_000);
    ByteBuf hello = Unpooled.buffer();
    new Handshake(true, false, content.metainfo().infoHash(), PeerId.random(random)).write(hello);
    try {
      RawPeer.send(socket.getOutputStream(), hello.writeBytes(after));
    } catch (IOException e) {
      // Refused already.
    }
    return socket;
  }

  /** Whether a handshake is answered. */
  private boolean isTaken(String from) throws IOException {
    try (Socket socket = connect(from, new byte[0])) {
      return socket.getInputStream().readNBytes(Handshake.LENGTH).length == Handshake.LENGTH;
    } catch (IOException e) {
      return false;
    }
  }

  /** Whether the other side hangs up. */
  private static boolean readToEnd(Socket socket) {
    try {
      socket.getInputStream().transferTo(OutputStream.nullOutputStream());
      return true;
    } catch (IOException e) {
      return !(e instanceof SocketTimeoutException);
    }
  }

  private <T extends AutoCloseable> T opened(T each) {
    opened.add(each);
    return each;
  }
}
