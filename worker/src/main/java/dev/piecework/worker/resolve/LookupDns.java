package dev.piecework.worker.resolve;

import dev.piecework.net.HostLookup;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import okhttp3.Dns;

/** Host names of torrent URLs, looked up as all names that strangers choose: in bounded time. */
record LookupDns(HostLookup names) implements Dns {
  /** No address, for now or for good; the message is for people. */
  static final class NoAddressException extends UnknownHostException {
    NoAddressException(String reason) {
      super(reason);
    }
  }

  @Override
  public List<InetAddress> lookup(String host) throws UnknownHostException {
    return switch (names.lookup(host).join()) {
      case HostLookup.Outcome.Found found -> found.addresses();
      case HostLookup.Outcome.None none -> throw new NoAddressException(none.reason());
    };
  }
}
