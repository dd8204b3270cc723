package dev.piecework.engine;

import dev.piecework.metainfo.InfoHash;
import dev.piecework.wire.Handshake;
import dev.piecework.wire.MessageWriter;
import dev.piecework.wire.PeerId;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * The ways for a peer to be hostile by how it behaves; what it can do by single messages is in
 * {@link WorstMessages}. Each is the script of one connection, of bounded length.
 */
enum Enemy {
  /** Connects and says nothing. */
  HALF_OPEN((wire, by) -> {
    by.acted();
    wire.untilClosed();
  }),
  /** Sends its handshake a byte per second. */
  SLOW_HANDSHAKE((wire, by) -> slowly(wire, by, bytes(by.hello()))),
  /** Sends one of several handshakes that are wrong. */
  ODD_HANDSHAKES((wire, by) -> oddHandshake(wire, by)),
  /** Shakes hands, hangs up, and comes again. */
  CHURNING((wire, by) -> {
    wire.shakeHands();
    wire.send(MessageWriter::haveNone);
    by.acted();
  }),
  /** Shakes hands and says nothing more. */
  SILENT((wire, by) -> {
    wire.shakeHands();
    by.acted();
    wire.untilClosed();
  }),
  /** Says that it has everything, lets itself be asked, and never answers. */
  PROMISING((wire, by) -> {
    promise(wire);
    by.acted();
    wire.untilClosed();
  }),
  /** Says that it has everything, and rejects each request. */
  REJECTING((wire, by) -> {
    promise(wire);
    while (true) {
      RawPeer.Asked asked = wire.request();
      by.acted();
      wire.send(out -> MessageWriter.reject(out, asked.piece(), asked.offset(), asked.length()));
    }
  }),
  /** Asks for all it can, and reads nothing. */
  DEAF((wire, by) -> {
    wire.shakeHands();
    wire.send(out -> {
      MessageWriter.haveNone(out);
      MessageWriter.extended(
          out, 0, "d1:md11:ut_metadatai3eee".getBytes(StandardCharsets.US_ASCII));
      MessageWriter.interested(out);
      for (int i = 0; i < UploadQueue.CAPACITY; i++) {
        MessageWriter.request(out, i % by.pieces(), 0, 16 << 10);
        WorstMessages.metadata(out, 0);
      }
    });
    while (true) {
      wire.send(MessageWriter::keepAlive);
      by.acted();
      LockSupport.parkNanos(100_000_000L);
    }
  }),
  /** Answers with one byte of a block per second. */
  SLOW_BYTES((wire, by) -> {
    promise(wire);
    RawPeer.Asked asked = wire.request();
    wire.send(out -> MessageWriter.pieceHeader(out, asked.piece(), asked.offset(), asked.length()));
    slowly(wire, by, by.right(asked));
  }),
  /** Answers with a block every three seconds. */
  SLOW_BLOCKS((wire, by) -> {
    promise(wire);
    while (true) {
      RawPeer.Asked asked = wire.request();
      by.acted();
      LockSupport.parkNanos(3_000_000_000L);
      answer(wire, asked, by.right(asked));
    }
  }),
  /** Answers with bytes that are wrong. */
  WRONG_DATA((wire, by) -> {
    promise(wire);
    while (true) {
      RawPeer.Asked asked = wire.request();
      by.acted();
      answer(wire, asked, new byte[asked.length()]);
    }
  }),
  /** Answers with the right bytes but for one block of every third piece. */
  COLLUDING((wire, by) -> {
    promise(wire);
    while (true) {
      RawPeer.Asked asked = wire.request();
      by.acted();
      boolean wrong = asked.piece() % 3 == 0 && asked.offset() == 16 << 10;
      answer(wire, asked, wrong ? new byte[asked.length()] : by.right(asked));
    }
  }),
  /** Answers with blocks of another length or place. */
  WRONG_LENGTHS((wire, by) -> {
    promise(wire);
    while (true) {
      RawPeer.Asked asked = wire.request();
      by.acted();
      int wrong = (int) (by.acts.get() % 3);
      RawPeer.Asked other =
          new RawPeer.Asked(
              asked.piece(), asked.offset() + (wrong == 0 ? 1 : 0), asked.length() - wrong);
      answer(wire, other, new byte[other.length()]);
    }
  }),
  /** Sends blocks that nobody asked for. */
  UNASKED_BLOCKS((wire, by) -> {
    promise(wire);
    for (int i = 0; i < 10_000; i++) {
      RawPeer.Asked unasked = new RawPeer.Asked(i % by.pieces(), 0, 16 << 10);
      by.acted();
      answer(wire, unasked, new byte[unasked.length()]);
    }
  }),
  /** Chokes and unchokes in turn, and answers nothing. */
  FLAPPING((wire, by) -> {
    promise(wire);
    for (int i = 0; i < 10_000; i++) {
      wire.send(i % 2 == 0 ? MessageWriter::choke : MessageWriter::unchoke);
      by.acted();
      LockSupport.parkNanos(1_000_000L);
    }
  });

  /** The script of one connection; begins before the handshakes. */
  interface Behaviour {
    void run(RawPeer.Wire wire, By by) throws IOException;
  }

  /** Who behaves so, and how often it has done anything. */
  static final class By {
    private final TestContent content;
    private final Random random;
    final AtomicLong acts = new AtomicLong();

    By(TestContent content, long seed) {
      this.content = content;
      this.random = new Random(seed);
    }

    void acted() {
      acts.incrementAndGet();
    }

    int pieces() {
      return content.metainfo().pieceCount();
    }

    Handshake hello() {
      return new Handshake(true, true, content.metainfo().infoHash(), PeerId.random(random));
    }

    private byte[] right(RawPeer.Asked asked) {
      return ScriptedPeer.right(content, asked.piece(), asked.offset(), asked.length());
    }
  }

  @SuppressWarnings("ImmutableEnumChecker") // lambdas without state
  final Behaviour behaviour;

  Enemy(Behaviour behaviour) {
    this.behaviour = behaviour;
  }

  private static void promise(RawPeer.Wire wire) throws IOException {
    wire.shakeHands();
    wire.send(out -> {
      MessageWriter.haveAll(out);
      MessageWriter.unchoke(out);
    });
  }

  private static void answer(RawPeer.Wire wire, RawPeer.Asked asked, byte[] block)
      throws IOException {
    wire.send(out -> {
      MessageWriter.pieceHeader(out, asked.piece(), asked.offset(), block.length);
      out.writeBytes(block);
    });
  }

  private static byte[] bytes(Handshake hello) {
    byte[] bytes = new byte[Handshake.LENGTH];
    hello.write(Unpooled.wrappedBuffer(bytes).writerIndex(0));
    return bytes;
  }

  private static void slowly(RawPeer.Wire wire, By by, byte[] bytes) throws IOException {
    for (byte each : bytes) {
      wire.send(out -> out.writeByte(each));
      by.acted();
      LockSupport.parkNanos(1_000_000_000L);
    }
  }

  private static void oddHandshake(RawPeer.Wire wire, By by) throws IOException {
    byte[] right = bytes(by.hello());
    switch (wire.number % 4) {
      case 0 -> right[5] ^= 1;
      case 1 -> {
        byte[] other =
            bytes(
                new Handshake(
                    true, true, InfoHash.fromHex("cd".repeat(20)), PeerId.random(by.random)));
        System.arraycopy(other, 0, right, 0, right.length);
      }
      case 2 -> right[0] = 18;
      default -> Arrays.fill(right, 20, 28, (byte) 0xff);
    }
    int length = wire.number % 4 == 2 ? 40 : right.length;
    wire.send(out -> out.writeBytes(right, 0, length));
    by.acted();
    wire.untilClosed();
  }
}
