package dev.piecework.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.layout.ObjectLayout;
import dev.piecework.metainfo.Metainfo;
import dev.piecework.metainfo.MetainfoParser;
import dev.piecework.testkit.Content;
import dev.piecework.testkit.TorrentMaker;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A download of six pieces without sockets, with a clock that the test moves. */
abstract class DownloadFixture {
  static final int PIECE = 64 << 10;
  static final int BLOCK = 16 << 10;
  static final int BLOCKS = PIECE / BLOCK;
  static final int PIECES = 6;
  static final long SECOND = 1_000_000_000L;

  @TempDir Path folder;
  final PieceBuffers memory = new PieceBuffers(64L << 20);
  final List<PieceAssembly> arrived = new ArrayList<>();
  byte[] content = {};
  Download download;
  long now = SECOND;

  @BeforeEach
  void make() throws Exception {
    Path file = Content.file(folder.resolve("a.bin"), PIECES * PIECE, 7);
    content = Files.readAllBytes(file);
    download =
        create(MetainfoParser.parse(TorrentMaker.of(file).pieceBytes(PIECE).make().metainfo()), 0);
  }

  final Download create(Metainfo metainfo, long limit) {
    Availability availability = new Availability(PIECES);
    PiecePicker picker =
        new PiecePicker(
            PIECES,
            ObjectLayout.of(metainfo, "").bundles(),
            new BitSet(),
            new BitSet(),
            1 << 30,
            1 << 30,
            availability,
            new Random(3));
    return new Download(
        metainfo,
        picker,
        availability,
        memory.open(() -> {}),
        arrived::add,
        new TokenBucket(limit, 0));
  }

  @AfterEach
  void release() {
    arrived.forEach(download::dropped);
    download.close();
    assertThat(memory.usedBytes()).isZero();
    memory.close();
  }

  record Asked(int piece, int offset, int length) {}

  /** A seed that is asked, and answers when the test says so. */
  final class Peer implements Source.Outlet {
    final Source source;
    final List<Asked> asked = new ArrayList<>();
    final List<Asked> everAsked = new ArrayList<>();
    final List<Asked> cancelled = new ArrayList<>();
    boolean lies;

    Peer(int host) {
      source =
          new Source(new InetSocketAddress(InetAddress.getLoopbackAddress(), host), this, PIECES);
      download.add(source);
      source.pieces().fill();
      download.counted(source);
      download.unchoked(source);
      download.fill(source, now);
    }

    @Override
    public void ask(int piece, int offset, int length) {
      asked.add(new Asked(piece, offset, length));
      everAsked.add(new Asked(piece, offset, length));
    }

    @Override
    public void takeBack(int piece, int offset, int length) {
      Asked each = new Asked(piece, offset, length);
      cancelled.add(each);
      asked.remove(each);
    }

    void serveEverything() {
      for (int round = 0; round < 10 * PIECES * BLOCKS; round++) {
        answerAll();
        now += SECOND / 100;
        if (download.fill(source, now) == 0) {
          download.fillEndgame(source, now);
        }
      }
    }

    void answerOldest() {
      if (!asked.isEmpty()) {
        answer(asked.removeFirst());
      }
    }

    void answerAll() {
      List<Asked> all = List.copyOf(asked);
      asked.clear();
      all.forEach(this::answer);
    }

    void answer(Asked each) {
      ByteBuf block =
          lies
              ? Unpooled.buffer().writeZero(each.length)
              : Unpooled.wrappedBuffer(content, each.piece * PIECE + each.offset, each.length);
      assertThat(download.blockStart(source, each.piece, each.offset, each.length, now))
          .isNotEqualTo(Download.Verdict.REFUSED);
      download.bytes(source, block, 1000);
      download.bytes(source, block, each.length - 1000);
      download.blockEnd(source, each.length, now);
    }
  }
}
