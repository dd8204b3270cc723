package dev.piecework.engine;

import dev.piecework.net.ErrorHook;
import dev.piecework.wire.MessageWriter;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import java.util.BitSet;

/**
 * Blocks of the info dictionary that one peer has asked for (BEP 9). One is on its way at a time:
 * the next is sent when the peer has taken it. The same block asked for twice meanwhile is sent
 * once, so that what waits is one bit per block.
 */
final class MetadataUploads {
  /** How often a peer may have the whole of it; more is refused. */
  static final int MOST_COPIES = 4;

  private final Extensions extensions;
  private final PeerLink link;
  private final ErrorHook errors;
  private final BitSet wanted = new BitSet();
  private boolean underWay;
  private int sent;

  /**
   * @param errors receives Errors of futures' listeners
   */
  MetadataUploads(Extensions extensions, PeerLink link, ErrorHook errors) {
    this.extensions = extensions;
    this.link = link;
    this.errors = errors;
  }

  /** The peer asks for a block; {@code block} is what it said. */
  void requested(long block) {
    int blocks = extensions.metadataBlocks();
    if (block < 0 || block >= blocks || sent >= MOST_COPIES * blocks) {
      refuse(block);
      return;
    }
    wanted.set((int) block);
    serve();
  }

  private void refuse(long block) {
    int id = peerId();
    if (id > 0) {
      MessageWriter.extended(link.outbox().buffer(), id, extensions.refusal(block));
    }
  }

  private int peerId() {
    return link.extensions().map(said -> said.metadataId()).orElse(0);
  }

  /** Sends the next block, unless one is on its way. */
  void serve() {
    int block = wanted.nextSetBit(0);
    int id = peerId();
    Channel channel = link.channel();
    if (block < 0 || id == 0 || underWay || link.closed() || !channel.isWritable()) {
      return;
    }
    wanted.clear(block);
    underWay = true;
    sent++;
    byte[] head = extensions.metadataHead(block);
    ByteBuf bytes = extensions.metadataBlock(block);
    MessageWriter.extendedHeader(link.outbox().buffer(), id, head.length + bytes.readableBytes());
    link.outbox().buffer().writeBytes(head);
    link.writeOutbox();
    channel
        .writeAndFlush(bytes)
        .addListener(
            errors.listener(taken -> {
              underWay = false;
              if (taken.isSuccess()) {
                serve();
              }
            }));
  }
}
