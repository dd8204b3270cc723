package dev.piecework.worker.transfer;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads {@code host:port} and {@code [v6]:port}; resolves names, so it may block. */
final class PeerAddresses {
  private static final Logger log = LoggerFactory.getLogger(PeerAddresses.class);
  private static final Pattern FORM =
      Pattern.compile("(?:\\[(?<v6>[0-9A-Fa-f:.]+)]|(?<host>[^:\\[\\]/\\s]+)):(?<port>[0-9]{1,5})");

  private PeerAddresses() {}

  /** All that can be read and resolved; the others are logged and left out. */
  static List<InetSocketAddress> parse(List<String> peers) {
    List<InetSocketAddress> addresses = new ArrayList<>();
    for (String peer : peers) {
      Optional<InetSocketAddress> address = parse(peer);
      if (address.isPresent() && !address.get().isUnresolved()) {
        addresses.add(address.get());
      } else {
        log.warn("peer '{}' is left out: expected host:port with a host that resolves", peer);
      }
    }
    return addresses;
  }

  private static Optional<InetSocketAddress> parse(String peer) {
    Matcher matcher = FORM.matcher(peer.strip());
    if (!matcher.matches()) {
      return Optional.empty();
    }
    int port = Integer.parseInt(matcher.group("port"));
    String v6 = matcher.group("v6");
    String host = v6 == null ? matcher.group("host") : v6;
    return port < 1 || port > 65535 || host == null
        ? Optional.empty()
        : Optional.of(new InetSocketAddress(host, port));
  }
}
