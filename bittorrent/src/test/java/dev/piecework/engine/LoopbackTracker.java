package dev.piecework.engine;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** An HTTP tracker that names the same peers in each answer. */
final class LoopbackTracker implements AutoCloseable {
  private final ServerSocket listener;
  private final byte[] answer;

  LoopbackTracker(List<InetSocketAddress> peers) throws IOException {
    ByteBuf named = Unpooled.buffer();
    for (InetSocketAddress each : peers) {
      named.writeBytes(each.getAddress().getAddress()).writeShort(each.getPort());
    }
    ByteBuf body = Unpooled.buffer();
    body.writeCharSequence(
        "d8:intervali1800e5:peers" + named.readableBytes() + ":", StandardCharsets.US_ASCII);
    body.writeBytes(named).writeByte('e');
    this.answer = new byte[body.readableBytes()];
    body.readBytes(answer);
    this.listener = new ServerSocket(0, 50, TestDownload.loopback(0).getAddress());
    Thread.ofVirtual().start(this::serve);
  }

  String url() {
    return "http://127.0.0.1:" + listener.getLocalPort() + "/announce";
  }

  private void serve() {
    while (!listener.isClosed()) {
      try (Socket socket = listener.accept()) {
        int lineEnds = 0;
        while (lineEnds < 4) {
          int c = socket.getInputStream().read();
          if (c < 0) {
            break;
          }
          lineEnds = c == '\r' || c == '\n' ? lineEnds + 1 : 0;
        }
        OutputStream out = socket.getOutputStream();
        out.write(
            ("HTTP/1.1 200 OK\r\nContent-Length: "
                    + answer.length
                    + "\r\nConnection: close\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII));
        out.write(answer);
        out.flush();
      } catch (IOException e) {
        // The client has gone, or the tracker is closed.
      }
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
  }
}
