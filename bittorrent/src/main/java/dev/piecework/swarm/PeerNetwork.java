package dev.piecework.swarm;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Arrays;

/**
 * What counts as one party: an IPv4 address, or the /64 of an IPv6 address, as a host has a whole
 * one to choose its addresses from (RFC 4291 section 2.5.1, RFC 7707). Limits and bans go by it.
 */
public final class PeerNetwork {
  private static final int PREFIX_BYTES = 8;

  private PeerNetwork() {}

  /** The party that an address belongs to, named by the first address of its network. */
  public static InetAddress of(InetAddress address) {
    if (!(address instanceof Inet6Address) || shared(address)) {
      return address;
    }
    byte[] bytes = address.getAddress();
    Arrays.fill(bytes, PREFIX_BYTES, bytes.length, (byte) 0);
    try {
      return InetAddress.getByAddress(bytes);
    } catch (UnknownHostException e) {
      throw new IllegalStateException("16 bytes are an IPv6 address", e);
    }
  }

  /**
   * Whom to blame for what came from an address: its network, as ports cost nothing. On 127.0.0.1
   * and ::1 every program of this machine shares the host: there it is the address with its port.
   */
  public static InetSocketAddress culprit(InetSocketAddress address) {
    return shared(address.getAddress())
        ? address
        : new InetSocketAddress(of(address.getAddress()), 0);
  }

  /** Whether different parties use this address: 127.0.0.1 and ::1. */
  public static boolean shared(InetAddress address) {
    if (!address.isLoopbackAddress()) {
      return false;
    }
    byte[] bytes = address.getAddress();
    // The rest of 127.0.0.0/8 must be chosen on purpose, and stands for hosts of its own.
    return bytes.length == 16 || Arrays.equals(bytes, new byte[] {127, 0, 0, 1});
  }
}
