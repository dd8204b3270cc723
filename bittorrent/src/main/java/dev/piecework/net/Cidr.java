package dev.piecework.net;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A network of IPv4 or IPv6 addresses, as {@code 10.1.0.0/16} or {@code fd00::/8} (RFC 4632, RFC
 * 4291). Addresses only, never names: a list must not change its meaning with a name server's mood.
 */
public final class Cidr {
  private final byte[] network;
  private final int prefixLength;

  private Cidr(byte[] network, int prefixLength) {
    this.network = network;
    this.prefixLength = prefixLength;
  }

  /**
   * Parses one network; an address without a prefix length is that one address.
   *
   * @throws IllegalArgumentException saying what is wrong and what was expected
   */
  public static Cidr parse(String text) {
    String trimmed = text.strip();
    int slash = trimmed.indexOf('/');
    String address = slash < 0 ? trimmed : trimmed.substring(0, slash);
    byte[] bytes;
    try {
      // The JDK reads 10.1 as 10.0.0.1: nobody means that in a list of networks.
      if (address.indexOf(':') < 0 && address.chars().filter(c -> c == '.').count() != 3) {
        throw new IllegalArgumentException("neither four numbers nor IPv6");
      }
      // Accepts literals alone and never asks a name server.
      bytes = InetAddress.ofLiteral(address).getAddress();
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "\""
              + text
              + "\" is not a network: expected an address and a prefix length, such as"
              + " 10.1.0.0/16 or fd00::/8",
          e);
    }
    int bits = bytes.length * 8;
    int prefix = slash < 0 ? bits : prefixLength(text, trimmed.substring(slash + 1), bits);
    byte[] masked = mask(bytes, prefix);
    if (!Arrays.equals(masked, bytes)) {
      throw new IllegalArgumentException(
          "\""
              + text
              + "\" has bits set beyond its prefix length of "
              + prefix
              + ": did you mean "
              + new Cidr(masked, prefix)
              + "?");
    }
    return new Cidr(masked, prefix);
  }

  /**
   * Parses networks separated by commas or white space; none at all is fine.
   *
   * @throws IllegalArgumentException naming the first that is wrong
   */
  public static List<Cidr> parseList(String text) {
    List<Cidr> networks = new ArrayList<>();
    for (String each : text.split("[,\\s]+")) {
      if (!each.isEmpty()) {
        networks.add(parse(each));
      }
    }
    return List.copyOf(networks);
  }

  /** Whether an address lies in this network; never true for one of the other family. */
  public boolean contains(InetAddress address) {
    return contains(address.getAddress());
  }

  boolean contains(byte[] address) {
    return address.length == network.length && Arrays.equals(mask(address, prefixLength), network);
  }

  private static int prefixLength(String whole, String text, int bits) {
    try {
      int length = Integer.parseInt(text);
      if (length >= 0 && length <= bits) {
        return length;
      }
    } catch (NumberFormatException e) {
      // said below
    }
    throw new IllegalArgumentException(
        "\"" + whole + "\" has the prefix length \"" + text + "\": expected 0 to " + bits);
  }

  private static byte[] mask(byte[] address, int prefixLength) {
    byte[] masked = address.clone();
    for (int i = 0; i < masked.length; i++) {
      int kept = Math.clamp(prefixLength - i * 8L, 0, 8);
      masked[i] &= (byte) (0xff << (8 - kept));
    }
    return masked;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Cidr cidr
        && cidr.prefixLength == prefixLength
        && Arrays.equals(cidr.network, network);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(network) + prefixLength;
  }

  /** The form that {@link #parse} reads. */
  @Override
  public String toString() {
    try {
      return InetAddress.getByAddress(network).getHostAddress() + "/" + prefixLength;
    } catch (java.net.UnknownHostException e) {
      throw new IllegalStateException("a network has 4 or 16 bytes", e);
    }
  }
}
