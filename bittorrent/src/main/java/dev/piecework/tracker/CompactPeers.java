package dev.piecework.tracker;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;

/** Addresses and ports written one after another (BEP 23, BEP 7). */
final class CompactPeers {
  /** Bytes of an IPv4 address. */
  static final int IPV4 = 4;

  /** Bytes of an IPv6 address. */
  static final int IPV6 = 16;

  /**
   * Most addresses taken from one answer: ten times what trackers give, and more than anybody
   * connects to.
   */
  static final int MAX_PEERS = 2000;

  private CompactPeers() {}

  /**
   * Adds what stands in {@code bytes} from {@code offset} on; an incomplete last entry and port 0
   * are left out.
   *
   * @param addressBytes {@link #IPV4} or {@link #IPV6}
   * @param into grows up to {@link #MAX_PEERS}
   */
  static void read(byte[] bytes, int offset, int addressBytes, List<InetSocketAddress> into) {
    int entry = addressBytes + 2;
    for (int at = offset; at + entry <= bytes.length; at += entry) {
      int port = (bytes[at + addressBytes] & 0xff) << 8 | (bytes[at + addressBytes + 1] & 0xff);
      if (port == 0) {
        continue;
      }
      if (into.size() >= MAX_PEERS) {
        return;
      }
      into.add(
          new InetSocketAddress(address(Arrays.copyOfRange(bytes, at, at + addressBytes)), port));
    }
  }

  private static InetAddress address(byte[] bytes) {
    try {
      return InetAddress.getByAddress(bytes);
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException("an address has 4 or 16 bytes, not " + bytes.length, e);
    }
  }
}
