package dev.piecework.standalone.embedded;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;

/** The one address that embedded services listen on. */
public final class Loopback {
  /** Everything embedded listens here and nowhere else. */
  public static final String ADDRESS = "127.0.0.1";

  private Loopback() {}

  /** A TCP port that was free a moment ago. */
  public static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket()) {
      socket.bind(new InetSocketAddress(InetAddress.ofLiteral(ADDRESS), 0));
      return socket.getLocalPort();
    }
  }

  /** Whether a TCP port can be listened on now. */
  public static boolean isFree(int port) {
    try (ServerSocket socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(InetAddress.ofLiteral(ADDRESS), port));
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}
