package dev.piecework.net;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * The policy of {@link AddressPolicy#publicOnly}: the special-purpose registries of IANA (RFC 6890)
 * as a table, looked up for the address itself and for an IPv4 address hidden in it.
 */
final class PublicAddresses implements AddressPolicy {
  private static final List<Special> SPECIAL =
      List.of(
          special("0.0.0.0/8", "unspecified, \"this network\""),
          special("10.0.0.0/8", "private"),
          special("100.64.0.0/10", "shared address space of a carrier (CGNAT)"),
          special("127.0.0.0/8", "loopback"),
          special("168.63.129.16/32", "Azure's host, cloud metadata service"),
          special("169.254.0.0/16", "link-local, cloud metadata service"),
          special("172.16.0.0/12", "private"),
          special("192.0.0.0/24", "reserved for protocols"),
          special("192.0.2.0/24", "reserved for documentation"),
          special("192.88.99.0/24", "6to4 relay"),
          special("192.168.0.0/16", "private"),
          special("198.18.0.0/15", "reserved for benchmarks"),
          special("198.51.100.0/24", "reserved for documentation"),
          special("203.0.113.0/24", "reserved for documentation"),
          special("224.0.0.0/4", "multicast"),
          special("240.0.0.0/4", "reserved or broadcast"),
          special("::/128", "unspecified"),
          special("::1/128", "loopback"),
          special("64:ff9b:1::/48", "local-use NAT64"),
          special("100::/64", "discard-only"),
          special("2001:db8::/32", "reserved for documentation"),
          special("2001:2::/48", "reserved for benchmarks"),
          special("3fff::/20", "reserved for documentation"),
          special("5f00::/16", "segment routing"),
          special("fc00::/7", "unique local (private)"),
          special("fe80::/10", "link-local"),
          special("fec0::/10", "site-local"),
          special("ff00::/8", "multicast"));

  private static final List<Embedding> EMBEDDINGS =
      List.of(
          new Embedding(Cidr.parse("2002::/16"), 2, 0, "6to4"),
          new Embedding(Cidr.parse("64:ff9b::/96"), 12, 0, "NAT64"),
          new Embedding(Cidr.parse("::ffff:0:0:0/96"), 12, 0, "a translated address"),
          // Teredo holds the client's address inverted, and its server's as it is (RFC 4380).
          new Embedding(Cidr.parse("2001::/32"), 12, 0xff, "Teredo"),
          new Embedding(Cidr.parse("2001::/32"), 4, 0, "Teredo"));

  /** Bytes 8 to 11 of an ISATAP address, whatever its prefix (RFC 5214); byte 8 may be 2 too. */
  private static final byte[] ISATAP = {0, 0, 0x5e, (byte) 0xfe};

  private final List<Cidr> allowed;
  private final Supplier<Set<InetAddress>> own;

  PublicAddresses(List<Cidr> allowed) {
    this(allowed, new OwnAddresses());
  }

  /**
   * @param own the addresses of this host
   */
  PublicAddresses(List<Cidr> allowed, Supplier<Set<InetAddress>> own) {
    this.allowed = List.copyOf(allowed);
    this.own = own;
  }

  @Override
  public boolean allows(InetAddress address) {
    return listed(address) || kind(address.getAddress()).isEmpty();
  }

  @Override
  public Optional<String> reasonRefused(InetAddress address) {
    if (listed(address)) {
      return Optional.empty();
    }
    return kind(address.getAddress())
        .map(kind ->
            "address "
                + address.getHostAddress()
                + " refused by the address policy: it is "
                + kind
                + "; only public addresses are allowed, others must be in the list of allowed"
                + " networks");
  }

  private boolean listed(InetAddress address) {
    byte[] bytes = address.getAddress();
    byte[] plain = embeddedByNotation(bytes).orElse(bytes);
    for (Cidr network : allowed) {
      if (network.contains(plain)) {
        return true;
      }
    }
    return false;
  }

  /** What special thing an address is; empty for a public one. */
  private Optional<String> kind(byte[] address) {
    Optional<byte[]> sameAddress = embeddedByNotation(address);
    if (sameAddress.isPresent()) {
      return kind(sameAddress.get()).map(kind -> kind + " (IPv4 written as IPv6)");
    }
    for (Special special : SPECIAL) {
      if (special.network.contains(address)) {
        return Optional.of(special.kind);
      }
    }
    if (own.get().contains(plain(address))) {
      return Optional.of("an address of this host");
    }
    if (isIsatap(address)) {
      Optional<String> inner = kind(Arrays.copyOfRange(address, 12, 16));
      if (inner.isPresent()) {
        return inner.map(kind -> kind + " (IPv4 inside ISATAP)");
      }
    }
    for (Embedding embedding : EMBEDDINGS) {
      if (embedding.network.contains(address)) {
        Optional<String> inner = kind(embedding.inner(address));
        if (inner.isPresent()) {
          return inner.map(kind -> kind + " (IPv4 inside " + embedding.name + ")");
        }
      }
    }
    return Optional.empty();
  }

  /** ::ffff:a.b.c.d and the deprecated ::a.b.c.d name the IPv4 address itself (RFC 4291). */
  private static Optional<byte[]> embeddedByNotation(byte[] address) {
    if (address.length != 16) {
      return Optional.empty();
    }
    for (int i = 0; i < 10; i++) {
      if (address[i] != 0) {
        return Optional.empty();
      }
    }
    boolean mapped = address[10] == -1 && address[11] == -1;
    boolean compatible = address[10] == 0 && address[11] == 0 && (address[12] != 0);
    return mapped || compatible
        ? Optional.of(Arrays.copyOfRange(address, 12, 16))
        : Optional.empty();
  }

  private static boolean isIsatap(byte[] address) {
    return address.length == 16
        && (address[8] & 0xfd) == 0
        && Arrays.equals(address, 9, 12, ISATAP, 1, 4);
  }

  private static InetAddress plain(byte[] address) {
    try {
      return InetAddress.getByAddress(address);
    } catch (UnknownHostException e) {
      throw new IllegalStateException("an address has 4 or 16 bytes", e);
    }
  }

  private static Special special(String network, String kind) {
    return new Special(Cidr.parse(network), kind);
  }

  private record Special(Cidr network, String kind) {}

  /** An IPv6 prefix whose addresses carry an IPv4 address at some offset. */
  private record Embedding(Cidr network, int offset, int xor, String name) {
    byte[] inner(byte[] address) {
      byte[] inner = Arrays.copyOfRange(address, offset, offset + 4);
      for (int i = 0; i < inner.length; i++) {
        inner[i] ^= (byte) xor;
      }
      return inner;
    }
  }
}
