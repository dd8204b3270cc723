package dev.piecework.engine;

import dev.piecework.metainfo.InfoHash;
import dev.piecework.wire.Handshake;
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
import java.util.function.Consumer;

/**
 * A peer over a real socket that says what a script says, and reads only when the script does.
 * Speaks the Fast extension (BEP 6) and the extension protocol (BEP 10). Plain blocking sockets, a
 * thread per connection; a script ends with its connection.
 */
final class RawPeer implements AutoCloseable {
  /** What the peer does once the handshakes are done. */
  interface Script {
    void run(Wire wire) throws IOException;
  }

  /** A connection after the handshakes. */
  static final class Wire {
    private final DataInputStream in;
    private final OutputStream out;

    private Wire(Socket socket) throws IOException {
      in = new DataInputStream(socket.getInputStream());
      out = socket.getOutputStream();
    }

    /** Sends what the writer appends. */
    void send(Consumer<ByteBuf> writer) throws IOException {
      ByteBuf bytes = Unpooled.buffer();
      writer.accept(bytes);
      bytes.readBytes(out, bytes.readableBytes());
      out.flush();
    }

    /** The next message but keep-alives, from its id on; waits for it. */
    ByteBuf next() throws IOException {
      int length = 0;
      while (length == 0) {
        length = in.readInt();
      }
      byte[] message = new byte[length];
      in.readFully(message);
      return Unpooled.wrappedBuffer(message);
    }

    /** Waits until the other end hangs up; throws nothing away that is still to be read. */
    void untilClosed() throws IOException {
      while (in.read() >= 0) {
        // Whatever it says.
      }
    }
  }

  private final ServerSocket listener;
  private final InfoHash infoHash;
  private final PeerId id;
  private final Script script;
  final AtomicInteger connections = new AtomicInteger();
  final AtomicInteger ended = new AtomicInteger();

  /** Waits for calls at {@link #address}. */
  RawPeer(InfoHash infoHash, long seed, Script script) throws IOException {
    this.listener = new ServerSocket(0, 50, TestDownload.loopback(0).getAddress());
    this.infoHash = infoHash;
    this.id = PeerId.random(new Random(seed));
    this.script = script;
    Thread.ofVirtual().start(this::accept);
  }

  InetSocketAddress address() {
    return TestDownload.loopback(listener.getLocalPort());
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket socket = listener.accept();
        Thread.ofVirtual().start(() -> talk(socket));
      } catch (IOException e) {
        return;
      }
    }
  }

  /** Calls an engine itself; the script runs on a thread of its own. */
  void call(int port) throws IOException {
    Socket socket = new Socket();
    // Little room, so that what is not read is noticed at the other end.
    socket.setReceiveBufferSize(4096);
    socket.connect(TestDownload.loopback(port));
    Thread.ofVirtual().start(() -> talk(socket));
  }

  private void talk(Socket socket) {
    try (socket) {
      connections.incrementAndGet();
      Wire wire = new Wire(socket);
      wire.send(out -> new Handshake(true, true, infoHash, id).write(out));
      wire.in.readFully(new byte[Handshake.LENGTH]);
      script.run(wire);
    } catch (IOException e) {
      // The other end has hung up, as it may.
    } finally {
      ended.incrementAndGet();
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
  }
}
