package dev.piecework.engine;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOutboundBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Messages for one peer but blocks, gathered until {@link #flush}: one write per batch of messages
 * read. While the peer does not take what is sent they stay here; once they are more than {@link
 * #FULL_BYTES} the peer's socket is not read any more, as it is the peer's messages that make ours.
 * Blocks do not count: two peers that send each other blocks would wait for each other for ever.
 */
// Netty tells the pipeline what becomes of a write or a close.
@SuppressWarnings("FutureReturnValueIgnored")
final class Outbox {
  /** Bytes of messages not taken yet at which a peer's messages are no longer read. */
  static final int FULL_BYTES = 64 << 10;

  private static final int INITIAL_BYTES = 1024;

  private final Channel channel;
  private @Nullable ByteBuf buffer;
  private @Nullable Object stalledAt;
  private long stalledProgress;
  private long movedAtNanos;

  Outbox(Channel channel, long nowNanos) {
    this.channel = channel;
    this.movedAtNanos = nowNanos;
  }

  /** Where to append. */
  ByteBuf buffer() {
    ByteBuf present = buffer;
    if (present == null) {
      present = channel.alloc().directBuffer(INITIAL_BYTES);
      buffer = present;
    }
    return present;
  }

  /** Bytes gathered. */
  int bytes() {
    ByteBuf present = buffer;
    return present == null ? 0 : present.readableBytes();
  }

  /** Whether so much is gathered that nothing should be made that adds to it. */
  boolean full() {
    return bytes() >= FULL_BYTES;
  }

  /** Hands what is gathered to the channel, in front of what follows, without flushing it. */
  boolean write() {
    ByteBuf present = buffer;
    if (present == null) {
      return false;
    }
    buffer = null;
    channel.write(present, channel.voidPromise());
    return true;
  }

  /** Sends what is gathered, unless the peer has much to take already. */
  boolean flush() {
    if (!channel.isWritable() || !write()) {
      return false;
    }
    channel.flush();
    return true;
  }

  /**
   * How long the peer has taken nothing of what was sent to it; 0 if nothing is left. To be asked
   * every second or so.
   */
  long stalledNanos(long nowNanos) {
    ChannelOutboundBuffer pending = channel.unsafe().outboundBuffer();
    Object first = pending == null ? null : pending.current();
    long progress = pending == null || first == null ? 0 : pending.currentProgress();
    if (pending == null || first == null || first != stalledAt || progress != stalledProgress) {
      stalledAt = first;
      stalledProgress = progress;
      movedAtNanos = nowNanos;
      return 0;
    }
    return nowNanos - movedAtNanos;
  }

  void close() {
    ByteBuf present = buffer;
    if (present != null) {
      buffer = null;
      present.release();
    }
  }
}
