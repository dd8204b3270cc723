package dev.piecework.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.piecework.swarm.PeerNetwork;
import dev.piecework.swarm.PieceAssembly;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Downloads among enemies, over real sockets, each peer at an address of its own: every {@link
 * Enemy} and every one of the {@link WorstMessages} beside one honest peer, and swarms of forty in
 * which one, 30 % or 95 % are hostile. What is asserted is counted, not timed: bytes held, tasks
 * that wait, pieces and requests walked over, bytes thrown away, bans, connections that honest
 * peers needed. The time of the download, as a multiple of one without enemies, and what the event
 * loop spent are printed.
 */
class HostileSwarmTest {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final int PIECE = 32 << 10;
  private static final int PIECES = 128;

  /** What the victim has already, so that it can be asked for blocks. */
  private static final int THERE = 32;

  private static final long MISSING_BYTES = (long) (PIECES - THERE) * PIECE;
  private static final long HONEST_NANOS_PER_BLOCK = 1_000_000L;

  /** As in {@link MessageCostTest}: of messages and blocks that one peer does not take. */
  private static final long MOST_HELD = 768 << 10;

  private static final long MOST_STEPS = 20_000_000;

  /** What a loop is given at once by the pool, timers and other loops. */
  private static final int MOST_TASKS = 500;

  /** Blocks that were not asked for, on as many connections as an address gets until its ban. */
  private static final long MOST_UNASKED = 4L << 20;

  private static final long PIECE_BUFFER = 2 << 20;

  @TempDir static Path folder;
  private static TestContent content;
  private static final double[] ALONE = new double[64];

  private final List<ScriptedPeer> honest = new ArrayList<>();

  /** Lets enemies in, and says where others wait to be called. */
  private interface Siege {
    List<InetSocketAddress> begin(Enemies enemies, int port) throws IOException;
  }

  @BeforeAll
  static void measureWithoutEnemies() throws IOException {
    content = TestContent.make(folder, (long) PIECES * PIECE, PIECE);
    for (int peers : new int[] {1, 1, 2, 28, 39}) {
      HostileSwarmTest quiet = new HostileSwarmTest();
      ALONE[peers] = quiet.download("nobody hostile", peers, 0, (_, _) -> List.of());
    }
  }

  static List<String> floods() {
    return List.copyOf(WorstMessages.of(PIECES, PIECE).keySet());
  }

  @ParameterizedTest
  @EnumSource(Enemy.class)
  void anEnemyThatCallsDoesNotKeepAnHonestPeerAway(Enemy enemy) throws IOException {
    download(
        enemy + " calls",
        1,
        1,
        (enemies, port) -> {
          enemies.calling(enemy, port);
          return List.of();
        });
  }

  @ParameterizedTest
  @EnumSource(Enemy.class)
  void anEnemyThatIsCalledDoesNotKeepAnHonestPeerAway(Enemy enemy) throws IOException {
    download(enemy + " is called", 1, 1, (enemies, _) -> List.of(enemies.listening(enemy)));
  }

  @ParameterizedTest
  @MethodSource("floods")
  void aFloodOfEachMessageDoesNotKeepAnHonestPeerAway(String name) throws IOException {
    Consumer<ByteBuf> messages = WorstMessages.of(PIECES, PIECE).getOrDefault(name, _ -> {});
    download(
        "flood of " + name,
        1,
        1,
        (enemies, port) -> {
          enemies.flooding(messages, port);
          return List.of();
        });
  }

  @ParameterizedTest
  @CsvSource({"1, 39", "12, 28", "38, 2"})
  void aSwarmWithEnemiesIsDownloadedFrom(int bad, int good) throws IOException {
    List<Consumer<ByteBuf>> floods = List.copyOf(WorstMessages.of(PIECES, PIECE).values());
    // The first of all is the one that costs most: bad blocks in pieces of honest peers.
    List<Enemy> kinds = new ArrayList<>(List.of(Enemy.values()));
    Collections.rotate(kinds, -kinds.indexOf(Enemy.COLLUDING));
    download(
        bad + " of " + (bad + good) + " hostile",
        good,
        bad,
        (enemies, port) -> {
          List<InetSocketAddress> listening = new ArrayList<>();
          for (int i = 0; i < bad; i++) {
            Enemy kind = kinds.get(i % kinds.size());
            if (i % 2 == 0) {
              listening.add(enemies.listening(kind));
            } else if (i % 4 == 1) {
              enemies.calling(kind, port);
            } else {
              enemies.flooding(floods.get(i % floods.size()), port);
            }
          }
          return listening;
        });
  }

  /** Returns the seconds that it took from when the honest peers came. */
  private double download(String name, int good, int bad, Siege siege) throws IOException {
    try (SwarmEngine victim =
        new SwarmEngine(TestSettings.with(it -> it.pieceBufferBytes = PIECE_BUFFER))) {
      double seconds;
      try (Enemies enemies = new Enemies(content)) {
        for (int i = 0; i < good; i++) {
          InetAddress host = InetAddress.ofLiteral("127.0.30." + (1 + i));
          ScriptedPeer peer = ScriptedPeer.honest(host, content, 1000 + i);
          peer.nanosPerBlock = HONEST_NANOS_PER_BLOCK;
          honest.add(peer);
        }
        seconds = download(name, victim, enemies, bad, siege);
      } finally {
        for (ScriptedPeer each : honest) {
          each.close();
        }
      }
      await().atMost(LIMIT).until(() -> victim.limits().open() == 0);
      await().atMost(LIMIT).until(() -> victim.stats().handshakes() == 0);
      return seconds;
    }
  }

  private double download(String name, SwarmEngine victim, Enemies enemies, int bad, Siege siege)
      throws IOException {
    MemoryStorage storage = MemoryStorage.holding(content.metainfo(), content.bytes(), THERE);
    int good = honest.size();
    boolean swarm = bad > 1;
    List<InetSocketAddress> named = new ArrayList<>(siege.begin(enemies, victim.listenPort()));
    for (int i = 0; swarm && i < good; i += 2) {
      named.add(honest.get(i).address());
    }
    try (LoopbackTracker tracker = new LoopbackTracker(named)) {
      TestContent announced = content.announcedTo(tracker.url());
      TestDownload download = new TestDownload(announced.metainfo());
      BitSet there = new BitSet();
      there.set(0, THERE);
      Torrent torrent =
          download.start(victim, download.request(storage, List.of(), there, 64L << 20, 0));
      try (SwarmWatch watch = new SwarmWatch(victim, torrent)) {
        if (!swarm) {
          await().atMost(LIMIT).until(enemies::allActed);
        }
        long from = System.nanoTime();
        for (int i = swarm ? 1 : 0; i < good; i += swarm ? 2 : 1) {
          honest.get(i).call(victim.listenPort());
        }
        await()
            .pollDelay(Duration.ZERO)
            .pollInterval(Duration.ofMillis(5))
            .atMost(LIMIT)
            .until(() -> download.verifiedPieces() == PIECES - THERE);
        double seconds = (System.nanoTime() - from) / 1e9;
        report(name, good, seconds, watch, torrent.stats(), victim, enemies);
        assertThat(storage.bytes()).isEqualTo(content.bytes());
        assertThat(download.failure.get()).isEmpty();
        withinBudget(watch, victim, torrent, bad);
        assertThat(torrent.stop()).succeedsWithin(LIMIT);
        assertThat(victim.buffers().usedBytes()).isZero();
        return seconds;
      }
    }
  }

  private void withinBudget(SwarmWatch watch, SwarmEngine victim, Torrent torrent, int bad) {
    assertThat(watch.heldByOne()).as("bytes held for one peer").isLessThan(MOST_HELD);
    assertThat(watch.pieceBytes()).as("bytes of pieces").isLessThanOrEqualTo(PIECE_BUFFER);
    assertThat(watch.tasks()).as("tasks that wait on the loop").isLessThan(MOST_TASKS);
    assertThat(watch.steps()).as("pieces and requests walked over").isLessThan(MOST_STEPS);
    assertThat(watch.handshakes())
        .as("connections without a handshake")
        .isLessThanOrEqualTo(victim.settings().peerLimits().handshakes());
    assertThat(torrent.stats().wastedBytes())
        .as("bytes thrown away")
        .isLessThan(MISSING_BYTES + bad * MOST_UNASKED);
    int asked = honest.stream().mapToInt(each -> each.requests.get()).sum();
    assertThat((long) asked * PieceAssembly.BLOCK)
        .as("bytes asked of honest peers")
        .isLessThan(2 * MISSING_BYTES);
    assertThat(victim.stats().bans().forCorruptData()).as("bans").isLessThanOrEqualTo(bad);
    for (ScriptedPeer each : honest) {
      InetSocketAddress culprit = PeerNetwork.culprit(each.address());
      assertThat(victim.reputation().banned(culprit, System.nanoTime()))
          .as("honest peer %s banned", culprit)
          .isFalse();
      assertThat(each.connections.get())
          .as("connections that %s needed", culprit)
          .isLessThanOrEqualTo(1);
    }
  }

  private static void report(
      String name,
      int good,
      double seconds,
      SwarmWatch watch,
      TorrentStats stats,
      SwarmEngine victim,
      Enemies enemies) {
    double alone = ALONE[good] == 0 ? seconds : ALONE[good];
    System.out.printf(
        "%-52s %5.2f s = %4.1f x; %s; held %d KiB of one, %d of all; %d tasks, %d steps;"
            + " thrown away %d KiB; bans %s; %d acts on %d connections; closed %s%n",
        name,
        seconds,
        seconds / alone,
        watch.times(enemies.acts()),
        watch.heldByOne() >> 10,
        watch.heldByAll() >> 10,
        watch.tasks(),
        watch.steps(),
        stats.wastedBytes() >> 10,
        victim.stats().bans(),
        enemies.acts(),
        enemies.connections(),
        victim.stats().closedConnections().entrySet().stream()
            .filter(each -> each.getValue() > 0)
            .toList());
  }
}
