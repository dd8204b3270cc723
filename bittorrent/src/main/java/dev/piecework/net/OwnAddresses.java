package dev.piecework.net;

import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.time.Duration;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * The addresses of this host's interfaces. What listens on a public one of them is reached from
 * here without the firewall that stands before it. Asked for again after a while: addresses come
 * and go.
 */
final class OwnAddresses implements Supplier<Set<InetAddress>> {
  private static final long KEPT_NANOS = Duration.ofSeconds(30).toNanos();

  private record Seen(Set<InetAddress> addresses, long atNanos) {}

  private volatile Seen seen = new Seen(Set.of(), System.nanoTime() - 2 * KEPT_NANOS);

  @Override
  public Set<InetAddress> get() {
    Seen last = seen;
    long now = System.nanoTime();
    if (now - last.atNanos >= KEPT_NANOS) {
      last = new Seen(read(last.addresses), now);
      seen = last;
    }
    return last.addresses;
  }

  private static Set<InetAddress> read(Set<InetAddress> otherwise) {
    try {
      return NetworkInterface.networkInterfaces()
          .flatMap(NetworkInterface::inetAddresses)
          .map(OwnAddresses::withoutScope)
          .collect(Collectors.toUnmodifiableSet());
    } catch (SocketException e) {
      return otherwise;
    }
  }

  private static InetAddress withoutScope(InetAddress address) {
    try {
      return InetAddress.getByAddress(address.getAddress());
    } catch (java.net.UnknownHostException e) {
      throw new IllegalStateException("an address has 4 or 16 bytes", e);
    }
  }
}
