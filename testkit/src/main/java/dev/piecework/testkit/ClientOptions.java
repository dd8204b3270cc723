package dev.piecework.testkit;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;

/**
 * How a client of other people is to behave.
 *
 * @param uploadBytesPerSecond most it gives; 0 for no limit. Rounded up to 1,000 by some
 * @param downloadBytesPerSecond most it takes; 0 for no limit. Rounded up to 1,000 by some
 * @param port where it listens on all addresses; 0 for any free one
 * @param peers addresses it is told to connect to
 */
public record ClientOptions(
    long uploadBytesPerSecond,
    long downloadBytesPerSecond,
    int port,
    List<InetSocketAddress> peers) {

  /** Copies the list. */
  public ClientOptions {
    peers = List.copyOf(peers);
  }

  /** No limits, any port, nobody to connect to. */
  public static ClientOptions none() {
    return new ClientOptions(0, 0, 0, List.of());
  }

  /** With a limit on what it gives. */
  public ClientOptions upload(long bytesPerSecond) {
    return new ClientOptions(bytesPerSecond, downloadBytesPerSecond, port, peers);
  }

  /** With a limit on what it takes. */
  public ClientOptions download(long bytesPerSecond) {
    return new ClientOptions(uploadBytesPerSecond, bytesPerSecond, port, peers);
  }

  /** Listening on a given port. */
  public ClientOptions listen(int newPort) {
    return new ClientOptions(uploadBytesPerSecond, downloadBytesPerSecond, newPort, peers);
  }

  /** With one more peer to connect to. */
  public ClientOptions peer(InetSocketAddress peer) {
    List<InetSocketAddress> more = new ArrayList<>(peers);
    more.add(peer);
    return new ClientOptions(uploadBytesPerSecond, downloadBytesPerSecond, port, more);
  }

  int listenPort() {
    return port == 0 ? Ports.free() : port;
  }
}
