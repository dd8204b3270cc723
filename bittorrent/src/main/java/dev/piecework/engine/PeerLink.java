package dev.piecework.engine;

import dev.piecework.swarm.Download;
import dev.piecework.swarm.PeerNetwork;
import dev.piecework.swarm.PeerOrigin;
import dev.piecework.swarm.Source;
import dev.piecework.wire.ExtensionHandshake;
import dev.piecework.wire.Handshake;
import dev.piecework.wire.MessageReader;
import dev.piecework.wire.MessageSink;
import dev.piecework.wire.MessageWriter;
import dev.piecework.wire.WireException;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.net.InetSocketAddress;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connected peer, after the handshakes. Lives on its torrent's event loop, so that nothing here
 * is shared between threads. What is to be sent gathers in one buffer until {@link #flush}: one
 * write per batch of messages read.
 */
// Netty tells the pipeline what becomes of a write or a close.
@SuppressWarnings("FutureReturnValueIgnored")
final class PeerLink extends ChannelInboundHandlerAdapter implements MessageSink, Source.Outlet {
  private static final Logger LOG = LoggerFactory.getLogger(PeerLink.class);
  private static final int OUTBOX_BYTES = 1024;

  private final Swarm swarm;
  private final Channel channel;
  private final Handshake handshake;
  private final PeerOrigin origin;
  private final InetSocketAddress remote;
  private final long connectedAtNanos;
  private final Source source;
  private final MessageReader reader;
  private final Uploads uploads;
  private @Nullable ByteBuf outbox;
  private int blockLength;
  private long nowNanos;
  private boolean blocksCame;
  private boolean piecesKnown;
  private boolean interesting;
  private boolean closed;
  private CloseReason closeReason = CloseReason.CLOSED_BY_PEER;
  private long lastReadNanos;
  private long lastWriteNanos;
  private Optional<ExtensionHandshake> extensions = Optional.empty();

  PeerLink(Swarm swarm, Channel channel, Handshake handshake, PeerOrigin origin, long nowNanos) {
    this.swarm = swarm;
    this.channel = channel;
    this.handshake = handshake;
    this.origin = origin;
    this.remote = (InetSocketAddress) channel.remoteAddress();
    this.connectedAtNanos = nowNanos;
    this.nowNanos = nowNanos;
    this.lastReadNanos = nowNanos;
    this.lastWriteNanos = nowNanos;
    this.source = new Source(PeerNetwork.culprit(remote), this, swarm.metainfo().pieceCount());
    this.reader = new MessageReader(channel.alloc(), this);
    this.uploads = new Uploads(swarm, this);
  }

  Source source() {
    return source;
  }

  Uploads uploads() {
    return uploads;
  }

  Channel channel() {
    return channel;
  }

  Handshake handshake() {
    return handshake;
  }

  InetSocketAddress remote() {
    return remote;
  }

  boolean incoming() {
    return origin == PeerOrigin.INCOMING;
  }

  PeerOrigin origin() {
    return origin;
  }

  boolean fast() {
    return handshake.fast();
  }

  long connectedAtNanos() {
    return connectedAtNanos;
  }

  long lastReadNanos() {
    return lastReadNanos;
  }

  long lastWriteNanos() {
    return lastWriteNanos;
  }

  boolean closed() {
    return closed;
  }

  boolean interesting() {
    return interesting;
  }

  Optional<ExtensionHandshake> extensions() {
    return extensions;
  }

  /** Whether the peer will never want anything of us. */
  boolean wantsNothing() {
    return source.pieces().full()
        || (!uploads.interested() && extensions.map(ExtensionHandshake::uploadOnly).orElse(false));
  }

  /** Where messages are gathered; {@link #flush} sends them. */
  ByteBuf outbox() {
    ByteBuf buffer = outbox;
    if (buffer == null) {
      buffer = channel.alloc().directBuffer(OUTBOX_BYTES);
      outbox = buffer;
    }
    return buffer;
  }

  /** Hands what is gathered to the channel, in front of what follows, without flushing it. */
  void writeOutbox() {
    ByteBuf buffer = outbox;
    if (buffer != null) {
      outbox = null;
      lastWriteNanos = nowNanos;
      channel.write(buffer, channel.voidPromise());
    }
  }

  void flush() {
    if (outbox != null && !closed) {
      writeOutbox();
      channel.flush();
    }
  }

  void now(long nanos) {
    nowNanos = nanos;
  }

  /** Why it ended; while it has not, what holds if the network ends it. */
  CloseReason closeReason() {
    return closeReason;
  }

  /**
   * Ends the connection. Idempotent.
   *
   * @param how what happened, for the log
   */
  void close(CloseReason reason, String how) {
    if (!closed) {
      closed = true;
      closeReason = reason;
      LOG.debug("{}: closed: {}", remote, how);
      reader.close();
      uploads.close();
      ByteBuf buffer = outbox;
      if (buffer != null) {
        outbox = null;
        buffer.release();
      }
      swarm.gone(this);
      channel.close();
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    ByteBuf in = (ByteBuf) message;
    try {
      nowNanos = System.nanoTime();
      lastReadNanos = nowNanos;
      if (!closed) {
        reader.read(in);
      }
      if (blocksCame && !closed) {
        blocksCame = false;
        swarm.blocksCame(this, nowNanos);
      }
    } catch (WireException e) {
      swarm.misbehaved(this, String.valueOf(e.getMessage()));
    } catch (RuntimeException e) {
      // A fault of ours, but it may have been provoked: the peer goes, the torrent stays.
      swarm
          .logContext()
          .run(() -> LOG.warn("Dropping peer {} after an unexpected failure", remote, e));
      close(CloseReason.FAILURE, "unexpected failure");
    } finally {
      in.release();
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    flush();
    uploads.serve();
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    if (channel.isWritable() && !closed) {
      uploads.serve();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    close(CloseReason.CLOSED_BY_PEER, "closed by the peer");
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    close(CloseReason.CLOSED_BY_PEER, cause.toString());
  }

  /** Tells the peer whether we want anything, if that has changed. */
  void interesting(boolean now) {
    if (now != interesting) {
      interesting = now;
      if (now) {
        MessageWriter.interested(outbox());
      } else {
        MessageWriter.notInterested(outbox());
      }
    }
  }

  @Override
  public void ask(int piece, int offset, int length) {
    MessageWriter.request(outbox(), piece, offset, length);
  }

  @Override
  public void takeBack(int piece, int offset, int length) {
    MessageWriter.cancel(outbox(), piece, offset, length);
    swarm.flushLater();
  }

  @Override
  public void keepAlive() {
    // The time it came has been noted.
  }

  @Override
  public void choke() {
    swarm.download().choked(source, !fast(), nowNanos);
    swarm.flushLater();
  }

  @Override
  public void unchoke() {
    swarm.download().unchoked(source);
    swarm.download().fill(source, nowNanos);
  }

  @Override
  public void interested() {
    uploads.interested(true);
  }

  @Override
  public void notInterested() {
    uploads.interested(false);
  }

  @Override
  public void have(int piece) throws WireException {
    checkPiece(piece);
    knowPieces();
    swarm.download().gained(source, piece);
    if (!interesting && swarm.picker().isNeeded(piece)) {
      interesting(true);
    }
    if (!source.choked()) {
      blocksCame = true;
    }
  }

  @Override
  public void bitfield(ByteBuf bits) throws WireException {
    forgetPieces();
    if (!source.pieces().read(bits)) {
      throw new WireException("bitfield that does not fit " + source.pieces().size() + " pieces");
    }
    knowPieces();
  }

  @Override
  public void haveAll() throws WireException {
    fastOnly("have all");
    forgetPieces();
    source.pieces().fill();
    knowPieces();
  }

  @Override
  public void haveNone() throws WireException {
    fastOnly("have none");
    forgetPieces();
    source.pieces().clear();
    knowPieces();
  }

  /**
   * BEP 3 has the bitfield come first and once; aria2 sends another after a reconnection. It costs
   * nothing to believe the last one.
   */
  private void forgetPieces() {
    if (piecesKnown) {
      piecesKnown = false;
      swarm.download().uncounted(source);
    }
  }

  private void fastOnly(String message) throws WireException {
    if (!fast()) {
      throw new WireException(message + " without the Fast extension");
    }
  }

  private void checkPiece(int piece) throws WireException {
    if (piece < 0 || piece >= source.pieces().size()) {
      throw new WireException("piece " + piece + " of " + source.pieces().size());
    }
  }

  private void knowPieces() {
    if (!piecesKnown) {
      piecesKnown = true;
      swarm.download().counted(source);
      swarm.reconsider(this);
    }
  }

  @Override
  public void request(int piece, int offset, int length) throws WireException {
    checkPiece(piece);
    uploads.requested(piece, offset, length);
  }

  @Override
  public void cancel(int piece, int offset, int length) {
    uploads.cancelled(piece, offset, length);
  }

  @Override
  public void pieceStart(int piece, int offset, int length) throws WireException {
    blockLength = length;
    Download.Verdict verdict = swarm.download().blockStart(source, piece, offset, length, nowNanos);
    if (verdict == Download.Verdict.REFUSED) {
      throw new WireException(
          "unexpected block: piece " + piece + " offset " + offset + " length " + length);
    }
  }

  @Override
  public void pieceBytes(ByteBuf from, int count) {
    swarm.download().bytes(source, from, count);
  }

  @Override
  public void pieceEnd() {
    blocksCame = true;
    swarm.download().blockEnd(source, blockLength, nowNanos);
  }

  @Override
  public void suggest(int piece) throws WireException {
    fastOnly("suggest");
    checkPiece(piece);
  }

  @Override
  public void reject(int piece, int offset, int length) throws WireException {
    fastOnly("reject");
    checkPiece(piece);
    swarm.download().rejected(source, piece, offset, nowNanos);
    blocksCame = true;
  }

  @Override
  public void allowedFast(int piece) throws WireException {
    fastOnly("allowed fast");
    checkPiece(piece);
    swarm.download().allowedFast(source, piece);
    blocksCame = true;
  }

  @Override
  public void extended(int id, ByteBuf payload) throws WireException {
    switch (id) {
      case ExtensionHandshake.ID -> {
        byte[] bytes = new byte[payload.readableBytes()];
        payload.readBytes(bytes);
        ExtensionHandshake said = ExtensionHandshake.read(bytes);
        if (extensions.isEmpty() && said.requestQueue() > 0) {
          source.acceptsRequests(said.requestQueue());
        }
        extensions = Optional.of(said);
        LOG.debug("{} is {}", remote, said.client());
      }
      case Extensions.DONT_HAVE -> {
        if (payload.readableBytes() == Integer.BYTES) {
          int piece = payload.readInt();
          checkPiece(piece);
          swarm.download().lost(source, piece, !fast(), nowNanos);
        }
      }
      case Extensions.METADATA ->
          extensions
              .filter(said -> said.metadataId() > 0)
              .ifPresent(said -> swarm.extensions().metadata(this, said.metadataId(), payload));
      default -> {
        // Not one that we announced: skipped, as everybody does.
      }
    }
  }
}
