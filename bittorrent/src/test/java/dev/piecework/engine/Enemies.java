package dev.piecework.engine;

import dev.piecework.wire.MessageWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * Hostile peers, each at an address of its own. One that calls does so again when it is hung up on,
 * a bounded number of times.
 */
final class Enemies implements AutoCloseable {
  private static final int MOST_CALLS = 30;
  private static final long BETWEEN_CALLS_NANOS = 50_000_000L;

  /** Bytes of a flood on one connection, and in one write. */
  private static final int FLOOD_BYTES = 5 << 20;

  private static final int FLOOD_PORTION = 64 << 10;

  private final TestContent content;
  private final List<RawPeer> peers = new ArrayList<>();
  private final List<Enemy.By> each = new ArrayList<>();
  private final AtomicInteger calling = new AtomicInteger();
  private volatile boolean closed;

  Enemies(TestContent content) {
    this.content = content;
  }

  /** An enemy that waits to be called. */
  InetSocketAddress listening(Enemy enemy) throws IOException {
    return peer(enemy.behaviour).address();
  }

  /** An enemy that calls. */
  void calling(Enemy enemy, int port) throws IOException {
    calling(peer(enemy.behaviour), port);
  }

  /** One that calls and sends the same messages over and over, and reads what it gets. */
  void flooding(Consumer<ByteBuf> messages, int port) throws IOException {
    calling(peer((wire, by) -> flood(wire, by, messages)), port);
  }

  private RawPeer peer(Enemy.Behaviour behaviour) throws IOException {
    int number = peers.size();
    Enemy.By by = new Enemy.By(content, number);
    each.add(by);
    InetAddress host = InetAddress.ofLiteral("127.0.20." + (1 + number));
    RawPeer peer = new RawPeer(host, by.hello(), wire -> behaviour.run(wire, by));
    peers.add(peer);
    return peer;
  }

  private void calling(RawPeer peer, int port) {
    calling.incrementAndGet();
    Thread.ofVirtual()
        .start(() -> {
          for (int i = 0; i < MOST_CALLS && !closed; i++) {
            try {
              peer.callAndTalk(port);
            } catch (IOException e) {
              // Not accepted, as it may be.
            }
            LockSupport.parkNanos(BETWEEN_CALLS_NANOS);
          }
          calling.decrementAndGet();
        });
  }

  private static void flood(RawPeer.Wire wire, Enemy.By by, Consumer<ByteBuf> messages)
      throws IOException {
    wire.shakeHands();
    wire.send(out -> {
      MessageWriter.extended(
          out,
          0,
          "d1:md11:lt_donthavei7e11:ut_metadatai3ee4:reqqi1500ee"
              .getBytes(StandardCharsets.US_ASCII));
      MessageWriter.unchoke(out);
      MessageWriter.interested(out);
    });
    Thread.ofVirtual()
        .start(() -> {
          try {
            wire.untilClosed();
          } catch (IOException e) {
            // Hung up on.
          }
        });
    ByteBuf portion = Unpooled.buffer();
    for (int sent = 0; sent < FLOOD_BYTES; ) {
      portion.clear();
      while (portion.readableBytes() < FLOOD_PORTION) {
        messages.accept(portion);
        by.acted();
      }
      sent += portion.readableBytes();
      wire.send(out -> out.writeBytes(portion.duplicate()));
    }
  }

  /** Whether each has done something. */
  boolean allActed() {
    return each.stream().allMatch(by -> by.acts.get() > 0);
  }

  /** What all have done: messages sent, answers given, connections made. */
  long acts() {
    return each.stream().mapToLong(by -> by.acts.get()).sum();
  }

  /** Connections to all of them and from all of them so far. */
  int connections() {
    return peers.stream().mapToInt(peer -> peer.connections.get()).sum();
  }

  /** Ends all connections; nobody calls any more. */
  @Override
  public void close() throws IOException {
    closed = true;
    for (RawPeer peer : peers) {
      peer.close();
    }
  }
}
