package dev.piecework.engine;

import dev.piecework.metainfo.InfoHash;
import dev.piecework.wire.Handshake;
import dev.piecework.wire.MessageWriter;
import dev.piecework.wire.PeerId;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * A {@link RawPeer} that says it has everything and unchokes, then answers each request by {@link
 * Answer}. Does not speak the extension protocol.
 */
final class ScriptedPeer implements AutoCloseable {
  /** What to send for a request; no bytes for nothing at all. */
  interface Answer {
    byte[] to(int piece, int offset, int length);
  }

  private final RawPeer peer;
  private final Answer answer;
  final AtomicInteger connections;
  final AtomicInteger ended;
  final AtomicInteger requests = new AtomicInteger();

  /** Hangs up when it has sent so many blocks on a connection. */
  volatile int blocksEach = Integer.MAX_VALUE;

  /** Sends nonsense at once on its first connections, so many of them. */
  volatile int badConnections;

  /** Time that it takes over each block. */
  volatile long nanosPerBlock;

  ScriptedPeer(InfoHash infoHash, long seed, Answer answer) throws IOException {
    this(TestDownload.loopback(0).getAddress(), infoHash, seed, answer);
  }

  /**
   * @param host where it listens and calls from
   */
  ScriptedPeer(InetAddress host, InfoHash infoHash, long seed, Answer answer) throws IOException {
    Handshake hello = new Handshake(true, false, infoHash, PeerId.random(new Random(seed)));
    this.answer = answer;
    this.peer = new RawPeer(host, hello, this::serve);
    this.connections = peer.connections;
    this.ended = peer.ended;
  }

  /** An honest seeder. */
  static ScriptedPeer honest(InetAddress host, TestContent content, long seed) throws IOException {
    return new ScriptedPeer(
        host,
        content.metainfo().infoHash(),
        seed,
        (piece, offset, length) -> right(content, piece, offset, length));
  }

  /** What a block is. */
  static byte[] right(TestContent content, int piece, int offset, int length) {
    int from = (int) content.metainfo().pieceOffset(piece) + offset;
    return Arrays.copyOfRange(content.bytes(), from, from + length);
  }

  InetSocketAddress address() {
    return peer.address();
  }

  /** Calls an engine. */
  void call(int port) throws IOException {
    peer.call(port);
  }

  private void serve(RawPeer.Wire wire) throws IOException {
    wire.shakeHands();
    wire.send(out -> {
      MessageWriter.haveAll(out);
      MessageWriter.unchoke(out);
      if (wire.number <= badConnections) {
        // A choke has no payload.
        out.writeInt(3).writeByte(0).writeShort(0);
      }
    });
    int left = blocksEach;
    while (true) {
      RawPeer.Asked asked = wire.request();
      if (left == 0) {
        return;
      }
      requests.incrementAndGet();
      if (nanosPerBlock > 0) {
        LockSupport.parkNanos(nanosPerBlock);
      }
      byte[] block = answer.to(asked.piece(), asked.offset(), asked.length());
      if (block.length > 0) {
        wire.send(out -> {
          MessageWriter.pieceHeader(out, asked.piece(), asked.offset(), block.length);
          out.writeBytes(block);
        });
        left--;
      }
    }
  }

  @Override
  public void close() throws IOException {
    peer.close();
  }
}
