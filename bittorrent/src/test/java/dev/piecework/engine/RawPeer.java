package dev.piecework.engine;

import dev.piecework.metainfo.InfoHash;
import dev.piecework.wire.Handshake;
import dev.piecework.wire.PeerId;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * A peer over real sockets that says what a script says, and reads only when the script does. Waits
 * for calls at {@link #address}, or calls itself. Plain blocking sockets, a thread per connection;
 * a script ends with its connection.
 */
final class RawPeer implements AutoCloseable {
  /** What the peer does on one connection; may throw when the other end has hung up. */
  interface Script {
    void run(Wire wire) throws IOException;
  }

  /** One connection. */
  static final class Wire {
    private final DataInputStream in;
    private final OutputStream out;
    private final Handshake hello;

    /** Which connection of this peer it is, from 1 on. */
    final int number;

    private Wire(Socket socket, Handshake hello, int number) throws IOException {
      in = new DataInputStream(socket.getInputStream());
      out = socket.getOutputStream();
      this.hello = hello;
      this.number = number;
    }

    /** Sends our handshake and waits for the other one. */
    void shakeHands() throws IOException {
      send(hello::write);
      in.readFully(new byte[Handshake.LENGTH]);
    }

    /** Sends what the writer appends. */
    void send(Consumer<ByteBuf> writer) throws IOException {
      ByteBuf bytes = Unpooled.buffer();
      writer.accept(bytes);
      RawPeer.send(out, bytes);
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

    /** The next request for a block; passes over whatever else comes. */
    Asked request() throws IOException {
      while (true) {
        ByteBuf message = next();
        if (message.readByte() == REQUEST) {
          return new Asked(message.readInt(), message.readInt(), message.readInt());
        }
      }
    }

    /** Waits until the other end hangs up; throws nothing away that is still to be read. */
    void untilClosed() throws IOException {
      while (in.read() >= 0) {
        // Whatever it says.
      }
    }
  }

  /** A request for a block. */
  record Asked(int piece, int offset, int length) {}

  private static final int REQUEST = 6;

  private final InetAddress host;
  private final ServerSocket listener;
  private final Handshake hello;
  private final Script script;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;
  final AtomicInteger connections = new AtomicInteger();
  final AtomicInteger ended = new AtomicInteger();

  /**
   * Speaks the Fast extension (BEP 6) and the extension protocol (BEP 10).
   *
   * @param script begins when the handshakes are done
   */
  RawPeer(InfoHash infoHash, long seed, Script script) throws IOException {
    this(
        TestDownload.loopback(0).getAddress(),
        new Handshake(true, true, infoHash, PeerId.random(new Random(seed))),
        wire -> {
          wire.shakeHands();
          script.run(wire);
        });
  }

  /**
   * @param host where it listens and calls from
   * @param script begins before the handshakes
   */
  RawPeer(InetAddress host, Handshake hello, Script script) throws IOException {
    this.host = host;
    this.listener = new ServerSocket(0, 50, host);
    this.hello = hello;
    this.script = script;
    Thread.ofVirtual().start(this::accept);
  }

  InetSocketAddress address() {
    return new InetSocketAddress(host, listener.getLocalPort());
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

  /** Calls an engine; the script runs on a thread of its own. */
  void call(int port) throws IOException {
    Socket socket = connect(port);
    Thread.ofVirtual().start(() -> talk(socket));
  }

  /** Calls an engine and talks until the connection has ended. */
  void callAndTalk(int port) throws IOException {
    talk(connect(port));
  }

  private Socket connect(int port) throws IOException {
    Socket socket = new Socket();
    // Little room, so that what is not read is noticed at the other end.
    socket.setReceiveBufferSize(4096);
    socket.bind(new InetSocketAddress(host, 0));
    socket.connect(TestDownload.loopback(port));
    return socket;
  }

  private void talk(Socket socket) {
    open.add(socket);
    try (socket) {
      int number = connections.incrementAndGet();
      if (!closed) {
        script.run(new Wire(socket, hello, number));
      }
    } catch (IOException e) {
      // The other end has hung up, as it may.
    } finally {
      open.remove(socket);
      ended.incrementAndGet();
    }
  }

  static void send(OutputStream out, ByteBuf bytes) throws IOException {
    bytes.readBytes(out, bytes.readableBytes());
    out.flush();
  }

  /** Ends its connections too. */
  @Override
  public void close() throws IOException {
    closed = true;
    listener.close();
    for (Socket each : open) {
      each.close();
    }
  }
}
