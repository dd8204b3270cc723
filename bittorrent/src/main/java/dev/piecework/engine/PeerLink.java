package dev.piecework.engine;

import dev.piecework.swarm.PeerNetwork;
import dev.piecework.swarm.PeerOrigin;
import dev.piecework.swarm.Source;
import dev.piecework.wire.ExtensionHandshake;
import dev.piecework.wire.Handshake;
import dev.piecework.wire.MessageReader;
import dev.piecework.wire.MessageWriter;
import dev.piecework.wire.WireException;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connected peer, after the handshakes. Lives on its torrent's event loop, so that nothing here
 * is shared between threads. {@link PeerMessages} takes what the peer says; {@link Outbox} holds
 * what it is told. Its socket is not read while it does not take our answers, or sends more than
 * its {@link MessageBudget}.
 */
// Netty tells the pipeline what becomes of a write or a close.
@SuppressWarnings("FutureReturnValueIgnored")
final class PeerLink extends ChannelInboundHandlerAdapter implements Source.Outlet {
  private static final Logger LOG = LoggerFactory.getLogger(PeerLink.class);
  private final Swarm swarm;
  private final Channel channel;
  private final Handshake handshake;
  private final PeerOrigin origin;
  private final InetSocketAddress remote;
  private final long connectedAtNanos;
  private final Source source;
  private final MessageBudget budget;
  private final PeerMessages messages;
  private final MessageReader reader;
  private final Uploads uploads;
  private final MetadataUploads metadata;
  private final Outbox outbox;
  private long nowNanos;
  private int havesTold;
  private boolean mayAskMore;
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
    this.budget = new MessageBudget(swarm.settings().messagesPerSecond(), nowNanos);
    this.messages = new PeerMessages(swarm, this, budget);
    this.reader = new MessageReader(channel.alloc(), swarm.metainfo().pieceCount(), messages);
    this.uploads = new Uploads(swarm, this);
    this.metadata = new MetadataUploads(swarm.extensions(), this, swarm.life().errors());
    this.outbox = new Outbox(channel, nowNanos);
  }

  Source source() {
    return source;
  }

  Uploads uploads() {
    return uploads;
  }

  MetadataUploads metadata() {
    return metadata;
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

  void extensions(ExtensionHandshake said) {
    extensions = Optional.of(said);
  }

  /** Where messages are gathered; {@link #flush} sends them. */
  Outbox outbox() {
    return outbox;
  }

  /** Hands what is gathered to the channel, in front of what follows, without flushing it. */
  void writeOutbox() {
    if (outbox.write()) {
      lastWriteNanos = nowNanos;
    }
  }

  void flush() {
    if (!closed && outbox.flush()) {
      lastWriteNanos = nowNanos;
    }
  }

  void now(long nanos) {
    nowNanos = nanos;
  }

  long now() {
    return nowNanos;
  }

  /** How many of the {@link Haves} the peer has been told. */
  int havesTold() {
    return havesTold;
  }

  void havesTold(int told) {
    havesTold = told;
  }

  /** Something came that lets us ask for more: once for all of it, when the batch is read. */
  void mayAskMore() {
    mayAskMore = true;
  }

  /** What time alone brings about. */
  void tick(long nanos) {
    nowNanos = nanos;
    if (outbox.stalledNanos(nanos) > swarm.settings().unreadTimeout().toNanos()) {
      close(CloseReason.UNREAD, "does not read what is sent to it");
    } else {
      regulateReading();
    }
  }

  /** Reads the socket, or leaves it alone for now. */
  private void regulateReading() {
    boolean read = !outbox.full() && budget.left(nowNanos);
    if (!closed && channel.config().isAutoRead() != read) {
      channel.config().setAutoRead(read);
    }
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
      outbox.close();
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
        // Earns what is due before it is spent.
        budget.left(nowNanos);
        reader.read(in);
      }
      if (mayAskMore && !closed) {
        mayAskMore = false;
        swarm.blocksCame(this, nowNanos);
      }
      if (outbox.full()) {
        flush();
      }
      regulateReading();
    } catch (WireException e) {
      swarm.misbehaved(this, String.valueOf(e.getMessage()));
    } catch (RuntimeException e) {
      failed(e);
    } catch (Error e) {
      swarm.fail(e);
    } finally {
      in.release();
    }
  }

  /** A fault of ours, but it may have been provoked: the peer goes, the torrent stays. */
  private void failed(Throwable cause) {
    if (!closed) {
      swarm
          .logContext()
          .run(() -> LOG.warn("Dropping peer {} after an unexpected failure", remote, cause));
      close(CloseReason.FAILURE, "unexpected failure");
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    try {
      flush();
      uploads.serve();
      regulateReading();
    } catch (Error e) {
      swarm.fail(e);
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    try {
      if (channel.isWritable() && !closed) {
        flush();
        metadata.serve();
        uploads.serve();
        regulateReading();
      }
    } catch (Error e) {
      swarm.fail(e);
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    close(CloseReason.CLOSED_BY_PEER, "closed by the peer");
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    swarm.life().errors().check(cause);
    if (cause instanceof IOException) {
      close(CloseReason.CLOSED_BY_PEER, cause.toString());
    } else {
      failed(cause);
    }
  }

  /** Tells the peer whether we want anything, if that has changed. */
  void interesting(boolean now) {
    if (now != interesting) {
      interesting = now;
      if (now) {
        MessageWriter.interested(outbox.buffer());
      } else {
        MessageWriter.notInterested(outbox.buffer());
      }
    }
  }

  @Override
  public void ask(int piece, int offset, int length) {
    MessageWriter.request(outbox.buffer(), piece, offset, length);
  }

  @Override
  public void takeBack(int piece, int offset, int length) {
    MessageWriter.cancel(outbox.buffer(), piece, offset, length);
    swarm.flushLater();
  }
}
