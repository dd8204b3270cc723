package dev.piecework.worker.transfer;

import dev.piecework.net.HostLookup;
import dev.piecework.text.ForeignText;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads {@code host:port} and {@code [v6]:port}; looks names up, so it may block for a while. */
final class PeerAddresses {
  private static final Logger log = LoggerFactory.getLogger(PeerAddresses.class);
  private static final Pattern FORM =
      Pattern.compile("(?:\\[(?<v6>[0-9A-Fa-f:.]+)]|(?<host>[^:\\[\\]/\\s]+)):(?<port>[0-9]{1,5})");

  private record Named(String peer, int port, CompletableFuture<HostLookup.Outcome> lookup) {}

  private PeerAddresses() {}

  /**
   * All that can be read and looked up; the others are logged and left out. Names are looked up
   * side by side, each in bounded time.
   */
  static List<InetSocketAddress> parse(List<String> peers, HostLookup names) {
    List<Named> asked = new ArrayList<>();
    for (String peer : peers) {
      Optional<Named> named = parse(peer, names);
      if (named.isPresent()) {
        asked.add(named.get());
      } else {
        log.warn("peer '{}' is left out: expected host:port", ForeignText.line(peer));
      }
    }
    List<InetSocketAddress> addresses = new ArrayList<>();
    for (Named each : asked) {
      switch (each.lookup.join()) {
        case HostLookup.Outcome.Found found ->
            addresses.add(new InetSocketAddress(found.addresses().getFirst(), each.port));
        case HostLookup.Outcome.None none ->
            log.warn("peer '{}' is left out: {}", ForeignText.line(each.peer), none.reason());
      }
    }
    return addresses;
  }

  private static Optional<Named> parse(String peer, HostLookup names) {
    Matcher matcher = FORM.matcher(peer.strip());
    if (!matcher.matches()) {
      return Optional.empty();
    }
    int port = Integer.parseInt(matcher.group("port"));
    String v6 = matcher.group("v6");
    String host = v6 == null ? matcher.group("host") : v6;
    return port < 1 || port > 65535 || host == null
        ? Optional.empty()
        : Optional.of(new Named(peer, port, names.lookup(host)));
  }
}
