package dev.piecework.engine;

import dev.piecework.net.ErrorHook;
import dev.piecework.wire.Handshake;
import dev.piecework.wire.WireException;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Waits for a peer's handshake on a new connection, then makes way. Bytes that follow it are kept
 * for the next handler; meanwhile the socket is not read.
 */
// Netty tells the pipeline what becomes of a write or a close.
@SuppressWarnings("FutureReturnValueIgnored")
final class HandshakeHandler extends ChannelInboundHandlerAdapter {
  /** What to do with a handshake. */
  interface Receiver {
    /**
     * The handler has left the pipeline and the socket is not read any more.
     *
     * @param rest what followed the handshake; the receiver's to release
     */
    void received(ChannelHandlerContext context, Handshake handshake, ByteBuf rest);
  }

  private static final Logger LOG = LoggerFactory.getLogger(HandshakeHandler.class);

  private final long timeoutMillis;
  private final Receiver receiver;
  private @Nullable ByteBuf gathered;
  private @Nullable Future<?> timeout;
  private boolean done;

  HandshakeHandler(long timeoutMillis, Receiver receiver) {
    this.timeoutMillis = timeoutMillis;
    this.receiver = receiver;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    gathered = context.alloc().buffer(Handshake.LENGTH);
    timeout =
        context
            .executor()
            .schedule(
                () -> {
                  LOG.debug("{}: no handshake in {} ms", context.channel(), timeoutMillis);
                  context.close();
                },
                timeoutMillis,
                TimeUnit.MILLISECONDS);
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext context) {
    Future<?> running = timeout;
    if (running != null) {
      running.cancel(false);
    }
    ByteBuf held = gathered;
    if (held != null) {
      gathered = null;
      held.release();
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    ByteBuf in = (ByteBuf) message;
    ByteBuf held = gathered;
    try {
      if (held == null) {
        return;
      }
      held.writeBytes(in);
      if (done || held.readableBytes() < Handshake.LENGTH) {
        return;
      }
      done = true;
      Handshake handshake = Handshake.read(held);
      gathered = null;
      context.channel().config().setAutoRead(false);
      context.pipeline().remove(this);
      receiver.received(context, handshake, held);
    } catch (WireException e) {
      LOG.debug("{}: {}", context.channel(), e.getMessage());
      context.close();
    } finally {
      in.release();
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    ErrorHook.of(context.executor()).check(cause);
    LOG.debug("{}: {}", context.channel(), cause.toString());
    context.close();
  }
}
