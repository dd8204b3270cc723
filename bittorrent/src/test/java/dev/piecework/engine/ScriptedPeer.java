package dev.piecework.engine;

import dev.piecework.metainfo.InfoHash;
import dev.piecework.wire.Handshake;
import dev.piecework.wire.MessageWriter;
import dev.piecework.wire.PeerId;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A peer that does what a test tells it: waits for a call, says that it has everything and
 * unchokes, then answers each request by {@link Answer}. Plain blocking sockets, one thread per
 * connection.
 */
final class ScriptedPeer implements AutoCloseable {
  /** What to send for a request; no bytes for nothing at all. */
  interface Answer {
    byte[] to(int piece, int offset, int length);
  }

  private static final int REQUEST = 6;

  private final ServerSocket listener;
  private final InfoHash infoHash;
  private final PeerId id;
  private final Answer answer;
  final AtomicInteger connections = new AtomicInteger();
  final AtomicInteger requests = new AtomicInteger();
  final AtomicInteger ended = new AtomicInteger();

  /** Hangs up when it has sent so many blocks on a connection. */
  volatile int blocksEach = Integer.MAX_VALUE;

  /** Sends nonsense at once on its first connections, so many of them. */
  volatile int badConnections;

  ScriptedPeer(InfoHash infoHash, long seed, Answer answer) throws IOException {
    this.listener = new ServerSocket(0, 50, TestDownload.loopback(0).getAddress());
    this.infoHash = infoHash;
    this.id = PeerId.random(new Random(seed));
    this.answer = answer;
    Thread.ofVirtual().start(this::accept);
  }

  InetSocketAddress address() {
    return TestDownload.loopback(listener.getLocalPort());
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket socket = listener.accept();
        int number = connections.incrementAndGet();
        Thread.ofVirtual().start(() -> serve(socket, number));
      } catch (IOException e) {
        return;
      }
    }
  }

  private void serve(Socket socket, int number) {
    try (socket) {
      DataInputStream in = new DataInputStream(socket.getInputStream());
      OutputStream out = socket.getOutputStream();
      in.readFully(new byte[Handshake.LENGTH]);
      ByteBuf hello = Unpooled.buffer();
      new Handshake(true, false, infoHash, id).write(hello);
      MessageWriter.haveAll(hello);
      MessageWriter.unchoke(hello);
      if (number <= badConnections) {
        // A choke has no payload.
        hello.writeInt(3).writeByte(0).writeShort(0);
      }
      send(out, hello);
      int left = blocksEach;
      while (true) {
        byte[] message = new byte[in.readInt()];
        in.readFully(message);
        if (message.length == 13 && message[0] == REQUEST) {
          if (left == 0) {
            ended.incrementAndGet();
            return;
          }
          requests.incrementAndGet();
          ByteBuf fields = Unpooled.wrappedBuffer(message, 1, 12);
          int piece = fields.readInt();
          int offset = fields.readInt();
          byte[] block = answer.to(piece, offset, fields.readInt());
          if (block.length > 0) {
            ByteBuf reply = Unpooled.buffer();
            MessageWriter.pieceHeader(reply, piece, offset, block.length);
            send(out, reply.writeBytes(block));
            left--;
          }
        }
      }
    } catch (IOException e) {
      ended.incrementAndGet();
    }
  }

  static void send(OutputStream out, ByteBuf bytes) throws IOException {
    bytes.readBytes(out, bytes.readableBytes());
    out.flush();
  }

  @Override
  public void close() throws IOException {
    listener.close();
  }
}
