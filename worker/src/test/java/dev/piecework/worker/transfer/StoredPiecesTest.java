package dev.piecework.worker.transfer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.layout.ObjectLayout;
import dev.piecework.layout.StoredObject;
import dev.piecework.metainfo.Metainfo;
import dev.piecework.metainfo.MetainfoParser;
import dev.piecework.testkit.Content;
import dev.piecework.testkit.TestTorrent;
import dev.piecework.testkit.TorrentMaker;
import dev.piecework.worker.store.ObjectSettings;
import dev.piecework.worker.store.ObjectStore;
import dev.piecework.worker.store.TestBucket;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.util.unit.DataSize;

/** Pieces that are read back from a real S3 server, through a front that misbehaves on demand. */
final class StoredPiecesTest {
  private static final int PIECE = 64 << 10;
  private static final int BLOCK = 16 << 10;

  @TempDir private Path folder;

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final List<Integer> gone = new CopyOnWriteArrayList<>();

  @SuppressWarnings("NullAway.Init")
  private TestBucket bucket;

  @SuppressWarnings("NullAway.Init")
  private ObjectStore store;

  @SuppressWarnings("NullAway.Init")
  private ObjectLayout layout;

  @SuppressWarnings("NullAway.Init")
  private Metainfo metainfo;

  private byte[] linear = {};

  @BeforeEach
  void store() throws Exception {
    Path tree = folder.resolve("in/set");
    Content.file(tree.resolve("a.bin"), 3 * PIECE + 100, 1);
    Content.file(tree.resolve("b.bin"), 4_000_000, 2);
    Content.file(tree.resolve("c.bin"), 70_000, 3);
    TestTorrent torrent = TorrentMaker.of(tree).pieceBytes(PIECE).make();
    metainfo = MetainfoParser.parse(torrent.metainfo());
    layout = ObjectLayout.of(metainfo, "sets/");
    bucket = TestBucket.start(folder.resolve("buckets"));
    linear = new byte[(int) metainfo.totalLength()];
    for (StoredObject object : layout.objects()) {
      Path to = bucket.file(object.key());
      Files.createDirectories(to.getParent());
      Path from = tree.resolve(String.valueOf(to.getFileName()));
      Files.copy(from, to);
      byte[] bytes = Files.readAllBytes(from);
      System.arraycopy(bytes, 0, linear, (int) object.offset(), bytes.length);
    }
    store = new ObjectStore(bucket.settings(), ObjectSettings.none());
  }

  @AfterEach
  void stop() {
    store.close();
    bucket.close();
  }

  private SeedCache cache(long megabytes) {
    return new SeedCache(new SeedSettings(true, DataSize.ofMegabytes(megabytes), 2), registry);
  }

  private StoredPieces pieces(SeedCache cache) {
    return new StoredPieces(layout, TestBucket.NAME, store, cache, gone::add);
  }

  private void assertServes(StoredPieces pieces, int piece) {
    for (int offset = 0; offset < metainfo.pieceLength(piece); offset += BLOCK) {
      int length = Math.min(BLOCK, metainfo.pieceLength(piece) - offset);
      ByteBuffer block = ByteBuffer.allocateDirect(length);
      assertThat(pieces.read(piece, offset, block)).as("piece %d", piece).isTrue();
      assertThat(block.hasRemaining()).isFalse();
      byte[] got = new byte[length];
      block.flip().get(got);
      int at = piece * PIECE + offset;
      assertThat(got).isEqualTo(Arrays.copyOfRange(linear, at, at + length));
    }
  }

  private boolean reads(StoredPieces pieces, int piece) {
    return pieces.read(piece, 0, ByteBuffer.allocate(BLOCK));
  }

  private double failures(String cause) {
    return registry.get("piecework.seed.store.failures").tag("cause", cause).counter().count();
  }

  @Test
  void everyBlockOfEveryPieceComesWithFewRequests() {
    StoredPieces pieces = pieces(cache(16));

    for (int piece = 0; piece < metainfo.pieceCount(); piece++) {
      assertServes(pieces, piece);
    }

    // 4.3 MB are five ranges of 1 MiB; two of them lie over more than one object.
    assertThat(bucket.front().requests()).hasSize(7).allMatch(line -> line.startsWith("GET "));
    assertThat(registry.get("piecework.seed.store.read").counter().count())
        .isEqualTo((double) metainfo.totalLength());
  }

  @Test
  void whatManyPeersAskForAtOnceIsReadOnce() throws Exception {
    SeedCache cache = cache(16);
    StoredPieces pieces = pieces(cache);
    CountDownLatch answer = new CountDownLatch(1);
    bucket.front().hold(line -> line.contains("b.bin"), answer);
    CyclicBarrier together = new CyclicBarrier(9);
    List<Thread> peers = new ArrayList<>();
    List<Boolean> served = new CopyOnWriteArrayList<>();
    for (int peer = 0; peer < 8; peer++) {
      int piece = 20 + peer % 4;
      peers.add(
          Thread.ofVirtual()
              .start(() -> {
                try {
                  together.await();
                } catch (Exception e) {
                  throw new IllegalStateException(e);
                }
                served.add(reads(pieces, piece));
              }));
    }
    together.await();
    answer.countDown();
    for (Thread peer : peers) {
      peer.join();
    }

    assertThat(served).hasSize(8).containsOnly(true);
    assertThat(bucket.front().requests()).hasSize(1);
    pieces.close();
    assertThat(cache.usedBytes()).isZero();
  }

  @Test
  void memoryStaysWithinItsBudget() {
    SeedCache cache = cache(1);
    StoredPieces pieces = pieces(cache);

    for (int piece = 0; piece < metainfo.pieceCount(); piece++) {
      assertServes(pieces, piece);
      assertThat(cache.usedBytes()).isLessThanOrEqualTo(1 << 20);
    }
  }

  @Test
  void bytesThatTheStoreChangedAreNotServed() throws Exception {
    try (RandomAccessFile object =
        new RandomAccessFile(bucket.file(layout.objects().get(1).key()).toFile(), "rw")) {
      object.seek(2_000_000);
      object.write(object.read() ^ 1);
      // The byte after the one that was read.
    }
    int changed = (int) ((layout.objects().get(1).offset() + 2_000_001) / PIECE);
    StoredPieces pieces = pieces(cache(16));

    for (int piece = 0; piece < metainfo.pieceCount(); piece++) {
      if (piece == changed) {
        assertThat(reads(pieces, piece)).isFalse();
      } else {
        assertServes(pieces, piece);
      }
    }

    assertThat(gone).containsExactly(changed);
    assertThat(pieces.serves(changed)).isFalse();
    assertThat(failures("wrong")).isEqualTo(1);
  }

  @Test
  void anObjectThatWasDeletedIsServedNoMore() throws Exception {
    Files.delete(bucket.file(layout.objects().get(1).key()));
    StoredPieces pieces = pieces(cache(16));

    assertThat(reads(pieces, 30)).isFalse();
    assertThat(reads(pieces, 31)).isFalse();

    assertThat(bucket.front().requests()).as("asked again").hasSize(1);
    // Pieces 3 to 64 have bytes of it.
    assertThat(gone).hasSize(62).contains(3, 64).doesNotContain(2, 65);
    assertServes(pieces, 0);
    assertServes(pieces, 2);
    assertThat(bucket.front().requests()).hasSize(2);
    assertThat(failures("missing")).isEqualTo(1);
  }

  @Test
  void aStoreThatIsAwayIsLeftAloneForAWhile() {
    bucket.front().answer(line -> true, Integer.MAX_VALUE, 503, "SlowDown");
    StoredPieces pieces = pieces(cache(16));

    for (int piece = 0; piece < metainfo.pieceCount(); piece++) {
      assertThat(reads(pieces, piece)).isFalse();
    }

    assertThat(bucket.front().requests()).hasSize(1);
    assertThat(gone).isEmpty();
    assertThat(pieces.served().cardinality()).isEqualTo(metainfo.pieceCount());
    assertThat(failures("unavailable")).isEqualTo(1);
  }

  @Test
  void anEndIsNotHeldUpByTheStore() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    bucket.front().hold(line -> true, never);
    SeedCache cache = cache(16);
    StoredPieces pieces = pieces(cache);
    List<Boolean> served = new CopyOnWriteArrayList<>();
    Thread peer = Thread.ofVirtual().start(() -> served.add(reads(pieces, 20)));
    while (bucket.front().requests().isEmpty()) {
      Thread.onSpinWait();
    }

    pieces.close();
    peer.join();

    assertThat(served).containsExactly(false);
    assertThat(cache.usedBytes()).isZero();
    never.countDown();
  }

  @Test
  void piecesLongerThanTheMemoryAreLeftToScratch() throws Exception {
    Path file = Content.file(folder.resolve("in/long.bin"), 5_000_000, 4);
    TestTorrent torrent = TorrentMaker.of(file).pieceBytes(2 << 20).make();
    layout = ObjectLayout.of(MetainfoParser.parse(torrent.metainfo()), "sets/");

    StoredPieces pieces = pieces(cache(1));

    // The last piece is shorter.
    assertThat(pieces.served().stream()).containsExactly(2);
  }
}
