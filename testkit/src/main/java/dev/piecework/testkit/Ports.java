package dev.piecework.testkit;

import java.io.IOException;
import java.net.DatagramSocket;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.util.Collections;
import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;

/** Free ports, and the addresses under which this machine's services are reached. */
public final class Ports {
  // Below Linux's ephemeral range (32768 up), so that no outgoing connection takes a port between
  // the moment it was found free and the moment its server binds it.
  private static final int FIRST = 20_000;
  private static final int LAST = 32_000;
  private static final Set<Integer> GIVEN = new HashSet<>();
  private static final SplittableRandom RANDOM =
      new SplittableRandom(System.nanoTime() ^ (ProcessHandle.current().pid() << 32));

  private Ports() {}

  /** A port free for TCP and UDP on all addresses, never given twice by this JVM. */
  public static synchronized int free() {
    for (int attempt = 0; attempt < 1000; attempt++) {
      int port = RANDOM.nextInt(FIRST, LAST);
      if (GIVEN.contains(port) || !isFree(port)) {
        continue;
      }
      GIVEN.add(port);
      return port;
    }
    throw new TestkitException("no free port between " + FIRST + " and " + LAST);
  }

  /** {@code 127.0.0.1} with a port. */
  public static InetSocketAddress loopback(int port) {
    return new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port);
  }

  /**
   * The IPv4 address of this machine that other machines would use; loopback when it has none.
   * transmission never connects to 127.0.0.0/8, so swarms with it as a leecher need this one.
   */
  public static InetAddress own() {
    try {
      for (NetworkInterface card : Collections.list(NetworkInterface.getNetworkInterfaces())) {
        if (!card.isUp() || card.isLoopback()) {
          continue;
        }
        for (InetAddress address : Collections.list(card.getInetAddresses())) {
          if (address instanceof Inet4Address && !address.isLinkLocalAddress()) {
            return address;
          }
        }
      }
    } catch (SocketException e) {
      throw new TestkitException("cannot list the network interfaces", e);
    }
    return InetAddress.ofLiteral("127.0.0.1");
  }

  /** Whether something accepts TCP connections there. */
  public static boolean accepts(InetSocketAddress address) {
    try (Socket socket = new Socket()) {
      socket.connect(address, 1000);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private static boolean isFree(int port) {
    try (ServerSocket tcp = new ServerSocket();
        DatagramSocket udp = new DatagramSocket(port)) {
      tcp.setReuseAddress(true);
      tcp.bind(new InetSocketAddress(port));
      return udp.isBound();
    } catch (IOException e) {
      return false;
    }
  }
}
