package dev.piecework.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.piecework.bencode.BencodeWriter;
import dev.piecework.layout.ObjectLayout;
import dev.piecework.metainfo.Metainfo;
import dev.piecework.metainfo.MetainfoException;
import dev.piecework.metainfo.MetainfoParser;
import dev.piecework.wire.MessageWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.util.ResourceLeakDetector;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What the worst sequence of each message costs: five megabytes of it, sent to a torrent of a
 * hundred thousand pieces. The budget is in work, not in time: steps over pieces and requests,
 * bytes allocated, and bytes held for a peer that reads and one that does not.
 */
class MessageCostTest {
  private static final int PIECES = 100_000;
  private static final int PIECE = 16 << 10;
  private static final int BYTES = 5 << 20;

  /**
   * Steps for all of it: what each message type needs is far below, a walk per message far above.
   */
  private static final long MOST_STEPS = 20_000_000;

  private static final long MOST_ALLOCATED = 96 << 20;
  private static final long MOST_HELD = 768 << 10;

  /** Answers may be more than the questions, but not by much. */
  private static final long MOST_SENT = 4L * BYTES;

  private final AtomicReference<Exception> failure = new AtomicReference<>();

  private static final ResourceLeakDetector.Level LEVEL = ResourceLeakDetector.getLevel();

  @BeforeAll
  static void countOnlyWhatIsOurs() {
    // The detector writes down where each buffer is used: some 20 kB for a message of 17 bytes.
    ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.DISABLED);
  }

  @AfterAll
  static void detectLeaksAgain() {
    ResourceLeakDetector.setLevel(LEVEL);
  }

  static Stream<Arguments> messages() {
    return WorstMessages.of(PIECES, PIECE).keySet().stream()
        .flatMap(name -> Stream.of(Arguments.of(name, true), Arguments.of(name, false)));
  }

  @ParameterizedTest(name = "{0}, reading: {1}")
  @MethodSource("messages")
  void theWorstSequenceOfEachMessageStaysWithinItsBudget(String name, boolean reads) {
    Consumer<ByteBuf> sequence =
        WorstMessages.of(PIECES, PIECE).getOrDefault(name, MessageWriter::keepAlive);
    // What is served is not bounded: it is what a peer is there for. Little of it is enough.
    boolean served = name.equals(WorstMessages.SERVED);
    int bytes = served ? 64 << 10 : BYTES;
    ByteBuf sent = Unpooled.buffer(BYTES + (1 << 20));
    while (sent.readableBytes() < bytes) {
      sequence.accept(sent);
    }
    try (EmbeddedPeer peer = new EmbeddedPeer(request(), true)) {
      prepare(peer, !name.startsWith("have") && !name.startsWith("bitfield"));
      if (!reads) {
        peer.takesNothing();
      }
      long steps = peer.steps();
      long taken = peer.takenBytes();
      long allocated = allocated();
      long now = System.nanoTime();
      long held = 0;
      // When reading stops, time passes until it may go on; a peer that is closed has had its due.
      for (int i = 0; i < 60 && sent.isReadable() && !peer.link.closed(); i++) {
        peer.send(sent);
        held = Math.max(held, peer.heldBytes());
        now += TimeUnit.SECONDS.toNanos(1);
        peer.tick(now);
        held = Math.max(held, peer.heldBytes());
      }

      assertThat(peer.steps() - steps).as("steps").isLessThan(MOST_STEPS);
      assertThat(allocated() - allocated).as("bytes allocated").isLessThan(MOST_ALLOCATED);
      assertThat(held).as("bytes held").isLessThan(MOST_HELD);
      if (!served) {
        assertThat(peer.takenBytes() - taken).as("bytes sent").isLessThan(MOST_SENT);
      }
      assertThat(peer.swarm.stopping()).isFalse();
      assertThat(failure.get()).isNull();
    }
  }

  @Test
  void aPeerThatTakesNothingIsNotReadAndThenClosed() {
    ByteBuf sent = Unpooled.buffer();
    while (sent.readableBytes() < BYTES) {
      WorstMessages.metadata(sent, sent.readableBytes() % 100);
      MessageWriter.request(sent, 1, 0, PIECE);
    }
    try (EmbeddedPeer peer = new EmbeddedPeer(request(), true)) {
      prepare(peer, true);
      peer.takesNothing();
      long now = System.nanoTime();
      for (int i = 0; i < 50; i++) {
        peer.send(sent);
        now += TimeUnit.SECONDS.toNanos(1);
        peer.tick(now);
      }
      assertThat(sent.isReadable()).as("not all is read").isTrue();
      assertThat(peer.link.closed()).isFalse();
      assertThat(peer.heldBytes()).isPositive().isLessThan(MOST_HELD);

      now += TimeUnit.SECONDS.toNanos(70);
      peer.tick(now);
      assertThat(peer.link.closed()).isTrue();
      assertThat(peer.heldBytes()).isZero();
    }
  }

  @Test
  void manyKeepAlivesAreReadAndAFloodOfThemIsNot() {
    ByteBuf many = Unpooled.buffer();
    for (int i = 0; i < 10_000; i++) {
      MessageWriter.keepAlive(many);
    }
    ByteBuf flood = Unpooled.buffer().writeZero(BYTES);
    try (EmbeddedPeer peer = new EmbeddedPeer(request(), true)) {
      prepare(peer, true);
      peer.send(many);
      assertThat(many.isReadable()).isFalse();
      assertThat(peer.link.closed()).isFalse();
      peer.send(flood);
      assertThat(flood.readableBytes()).as("not read").isGreaterThan(BYTES / 2);
      assertThat(peer.reading()).isFalse();
    }
  }

  @Test
  void aPeerThatReadsGetsAllBlocksOfTheMetadataAndNotForEver() {
    try (EmbeddedPeer peer = new EmbeddedPeer(request(), true)) {
      prepare(peer, true);
      int blocks = peer.swarm.extensions().metadataBlocks();
      int bytes = peer.swarm.metainfo().rawInfo().length;
      long[] sent = new long[MetadataUploads.MOST_COPIES + 1];
      for (int copy = 0; copy < sent.length; copy++) {
        long before = peer.takenBytes();
        ByteBuf asked = Unpooled.buffer();
        for (int block = 0; block < blocks; block++) {
          WorstMessages.metadata(asked, block);
        }
        peer.send(asked);
        sent[copy] = peer.takenBytes() - before;
      }
      assertThat(Arrays.stream(sent, 0, MetadataUploads.MOST_COPIES).boxed())
          .allMatch(copy -> copy > bytes && copy < bytes + 100L * blocks);
      assertThat(sent[MetadataUploads.MOST_COPIES]).isLessThan(100L * blocks);
    }
  }

  private static void prepare(EmbeddedPeer peer, boolean haveAll) {
    ByteBuf hello = Unpooled.buffer();
    MessageWriter.extended(
        hello,
        0,
        "d1:md11:lt_donthavei7e11:ut_metadatai3ee4:reqqi1500ee"
            .getBytes(StandardCharsets.US_ASCII));
    if (haveAll) {
      MessageWriter.haveAll(hello);
    }
    MessageWriter.unchoke(hello);
    MessageWriter.interested(hello);
    peer.send(hello);
    peer.tick(System.nanoTime());
  }

  private static long allocated() {
    return ((ThreadMXBean) ManagementFactory.getThreadMXBean()).getCurrentThreadAllocatedBytes();
  }

  private TorrentRequest request() {
    Metainfo metainfo = metainfo();
    BitSet available = new BitSet();
    available.set(0);
    PieceStorage storage =
        new PieceStorage() {
          @Override
          public void write(int piece, ByteBuffer verified) throws IOException {
            throw new IOException("nothing arrives");
          }

          @Override
          public boolean read(int piece, int offset, ByteBuffer into) {
            into.position(into.limit());
            return true;
          }
        };
    TorrentListener listener =
        new TorrentListener() {
          @Override
          public void pieceVerified(int piece) {}

          @Override
          public void failed(Exception cause) {
            failure.set(cause);
          }
        };
    return new TorrentRequest(
        metainfo,
        ObjectLayout.of(metainfo, "").bundles(),
        new BitSet(),
        available,
        48L << 20,
        96L << 20,
        storage,
        listener,
        List.of(),
        0,
        0);
  }

  private static Metainfo metainfo() {
    byte[] info =
        BencodeWriter.dictionary()
            .put("length", (long) PIECES * PIECE)
            .put("name", "large")
            .put("piece length", PIECE)
            .put("pieces", new byte[20 * PIECES])
            .encode();
    byte[] torrent = new byte[info.length + 8];
    byte[] head = "d4:info".getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(head, 0, torrent, 0, head.length);
    System.arraycopy(info, 0, torrent, head.length, info.length);
    torrent[torrent.length - 1] = 'e';
    try {
      return MetainfoParser.parse(torrent);
    } catch (MetainfoException e) {
      throw new IllegalStateException(e);
    }
  }
}
