package dev.piecework.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.piecework.bencode.BencodeWriter;
import dev.piecework.layout.ObjectLayout;
import dev.piecework.metainfo.Metainfo;
import dev.piecework.metainfo.MetainfoException;
import dev.piecework.metainfo.MetainfoParser;
import dev.piecework.wire.MessageReader;
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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
  private static final String SERVED = "request of what is there";

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
    return sequences().keySet().stream()
        .flatMap(name -> Stream.of(Arguments.of(name, true), Arguments.of(name, false)));
  }

  private static Map<String, Consumer<ByteBuf>> sequences() {
    Map<String, Consumer<ByteBuf>> all = new LinkedHashMap<>();
    int[] turn = {0};
    all.put("keep-alive", MessageWriter::keepAlive);
    all.put("choke", MessageWriter::choke);
    all.put(
        "choke and unchoke",
        out -> {
          MessageWriter.choke(out);
          MessageWriter.unchoke(out);
        });
    all.put(
        "interested and not",
        out -> {
          MessageWriter.interested(out);
          MessageWriter.notInterested(out);
        });
    all.put("have, always the same", out -> MessageWriter.have(out, 77));
    all.put("have, each once", out -> MessageWriter.have(out, turn[0]++ % PIECES));
    all.put(
        "have and don't have",
        out -> {
          MessageWriter.have(out, 7);
          MessageWriter.dontHave(out, Extensions.DONT_HAVE, 7);
        });
    all.put(
        "have all and don't have",
        out -> {
          MessageWriter.haveAll(out);
          MessageWriter.dontHave(out, Extensions.DONT_HAVE, 0);
        });
    all.put(
        "have all and have none",
        out -> {
          MessageWriter.haveAll(out);
          MessageWriter.haveNone(out);
        });
    byte[] bits = new byte[(PIECES + 7) / 8];
    Arrays.fill(bits, 0, bits.length - 1, (byte) 0x55);
    all.put("bitfield", out -> MessageWriter.bitfield(out, bits));
    all.put(
        "don't have, each",
        out -> MessageWriter.dontHave(out, Extensions.DONT_HAVE, turn[0]++ % PIECES));
    all.put(
        "request of what is not there",
        out -> MessageWriter.request(out, 1 + turn[0]++ % (PIECES - 1), 0, PIECE));
    all.put("request of what is there", out -> MessageWriter.request(out, 0, 0, PIECE));
    all.put("request of one byte", out -> MessageWriter.request(out, 0, turn[0]++ % PIECE, 1));
    all.put(
        "request and cancel",
        out -> {
          MessageWriter.request(out, 0, 0, PIECE);
          MessageWriter.cancel(out, 0, 0, PIECE);
        });
    all.put("cancel of nothing", out -> MessageWriter.cancel(out, 0, 1, 5));
    all.put(
        "block that nobody asked for",
        out -> {
          MessageWriter.pieceHeader(out, 5, 0, 1);
          out.writeByte(0);
        });
    all.put("suggest", out -> out.writeInt(5).writeByte(13).writeInt(3));
    all.put("reject of nothing", out -> MessageWriter.reject(out, 3, 0, PIECE));
    all.put("allowed fast, always the same", out -> MessageWriter.allowedFast(out, 9));
    all.put("allowed fast, each", out -> MessageWriter.allowedFast(out, turn[0]++ % PIECES));
    byte[] small = "d1:md11:ut_metadatai3eee".getBytes(StandardCharsets.US_ASCII);
    all.put("extension handshake", out -> MessageWriter.extended(out, 0, small));
    all.put("extension handshake with many names", out -> MessageWriter.extended(out, 0, names()));
    all.put(
        "extension handshake that is too long",
        out -> MessageWriter.extended(out, 0, new byte[MessageReader.MAX_EXTENDED + 1]));
    all.put("metadata request", out -> metadata(out, turn[0]++ % 100));
    all.put("metadata request, always the same", out -> metadata(out, 0));
    all.put("metadata request of what is not there", out -> metadata(out, 1_000_000));
    all.put(
        "metadata that nobody asked for",
        out ->
            MessageWriter.extended(
                out,
                Extensions.METADATA,
                "d8:msg_typei1e5:piecei0ee".getBytes(StandardCharsets.US_ASCII)));
    all.put("unknown extension", out -> MessageWriter.extended(out, 99, new byte[3]));
    all.put("unknown message", out -> out.writeInt(3).writeByte(200).writeShort(1));
    all.put("length that is absurd", out -> out.writeInt(Integer.MAX_VALUE).writeByte(20));
    return all;
  }

  private static byte[] names() {
    BencodeWriter.DictionaryWriter ids = BencodeWriter.dictionary();
    for (int i = 1000; i < 2900; i++) {
      ids.put("x" + i, 1);
    }
    return BencodeWriter.dictionary().put("m", ids).encode();
  }

  private static void metadata(ByteBuf out, int block) {
    MessageWriter.extended(
        out,
        Extensions.METADATA,
        "d8:msg_typei0e5:piecei%dee".formatted(block).getBytes(StandardCharsets.US_ASCII));
  }

  @ParameterizedTest(name = "{0}, reading: {1}")
  @MethodSource("messages")
  void theWorstSequenceOfEachMessageStaysWithinItsBudget(String name, boolean reads) {
    Consumer<ByteBuf> sequence = sequences().getOrDefault(name, MessageWriter::keepAlive);
    // What is served is not bounded: it is what a peer is there for. Little of it is enough.
    boolean served = name.equals(SERVED);
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
      metadata(sent, sent.readableBytes() % 100);
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
          metadata(asked, block);
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
