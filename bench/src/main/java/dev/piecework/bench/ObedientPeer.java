package dev.piecework.bench;

import dev.piecework.layout.ObjectLayout;
import dev.piecework.metainfo.Metainfo;
import dev.piecework.swarm.Availability;
import dev.piecework.swarm.Download;
import dev.piecework.swarm.PieceAssembly;
import dev.piecework.swarm.PieceBuffers;
import dev.piecework.swarm.PiecePicker;
import dev.piecework.swarm.Source;
import dev.piecework.swarm.TokenBucket;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Deque;
import java.util.Random;

/** A seed that sends what it is asked for, to a download that begins each piece again. */
final class ObedientPeer implements Source.Outlet {
  private static final int REQUESTS = 2048;

  private final ByteBuf block = Unpooled.directBuffer(PieceAssembly.BLOCK);
  private final int[] pieces = new int[REQUESTS];
  private final int[] offsets = new int[REQUESTS];
  private final Deque<PieceAssembly> whole = new ArrayDeque<>();
  private final Download download;
  private final PiecePicker picker;
  private final Source source;
  private int head;
  private int tail;

  private ObedientPeer(Metainfo metainfo) {
    Availability availability = new Availability(metainfo.pieceCount());
    picker =
        new PiecePicker(
            metainfo.pieceCount(),
            ObjectLayout.of(metainfo, "").bundles(),
            new BitSet(),
            new BitSet(),
            48L << 20,
            512L << 20,
            availability,
            new Random(3));
    download =
        new Download(
            metainfo,
            picker,
            availability,
            new PieceBuffers(64L << 20).open(() -> {}),
            whole::add,
            new TokenBucket(0, System.nanoTime()));
    source =
        new Source(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 1),
            this,
            metainfo.pieceCount());
  }

  static ObedientPeer connected(Metainfo metainfo) {
    ObedientPeer peer = new ObedientPeer(metainfo);
    peer.download.add(peer.source);
    peer.source.pieces().fill();
    peer.download.counted(peer.source);
    peer.download.unchoked(peer.source);
    peer.download.fill(peer.source, System.nanoTime());
    return peer;
  }

  /** Answers the oldest request; the download asks for more. */
  void sendBlock() {
    long now = System.nanoTime();
    int oldest = head++ & (REQUESTS - 1);
    download.blockStart(source, pieces[oldest], offsets[oldest], PieceAssembly.BLOCK, now);
    block.setIndex(0, PieceAssembly.BLOCK);
    download.bytes(source, block, PieceAssembly.BLOCK);
    download.blockEnd(source, PieceAssembly.BLOCK, now);
    while (!whole.isEmpty()) {
      PieceAssembly assembly = whole.remove();
      int piece = assembly.piece();
      download.dropped(assembly);
      picker.failed(piece);
    }
    download.fill(source, now);
  }

  @Override
  public void ask(int piece, int offset, int length) {
    pieces[tail & (REQUESTS - 1)] = piece;
    offsets[tail++ & (REQUESTS - 1)] = offset;
  }

  @Override
  public void takeBack(int piece, int offset, int length) {
    throw new IllegalStateException("nobody else was asked");
  }
}
