package dev.piecework.tracker;

import dev.piecework.net.AddressPolicy;
import dev.piecework.net.HostLookup;
import dev.piecework.text.ForeignText;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * Host names turned into addresses that the address policy allows. What is returned is what must be
 * connected to: asking the name again could give another answer (DNS rebinding).
 */
final class AllowedHosts {
  /** Addresses of one name that are looked at; more than are tried at one time. */
  private static final int MAX_ADDRESSES = 16;

  private final HostLookup names;
  private final AddressPolicy policy;

  AllowedHosts(HostLookup names, AddressPolicy policy) {
    this.names = names;
    this.policy = policy;
  }

  /** What a host name came to. */
  sealed interface Resolved {
    /** At least one address, all of them allowed. */
    record Addresses(List<InetAddress> addresses) implements Resolved {}

    /** None that may be used; says why. */
    record None(String reason) implements Resolved {}
  }

  /** Looks up the host of a URL, if its port may be connected to. */
  CompletableFuture<Resolved> resolve(String host, int port) {
    Optional<String> refused = policy.reasonPortRefused(port);
    return refused.isPresent()
        ? CompletableFuture.completedFuture(new Resolved.None(refused.get()))
        : resolve(host);
  }

  /** Looks a host up; completes in bounded time, never exceptionally. */
  CompletableFuture<Resolved> resolve(String host) {
    return names
        .lookup(host)
        .thenApply(outcome ->
            switch (outcome) {
              case HostLookup.Outcome.Found found -> allowed(host, found.addresses());
              case HostLookup.Outcome.None none -> new Resolved.None(none.reason());
            });
  }

  private Resolved allowed(String host, List<InetAddress> found) {
    List<InetAddress> allowed = new ArrayList<>();
    String refused = "no address for the host name " + ForeignText.line(host);
    for (InetAddress address : found) {
      Optional<String> reason = policy.reasonRefused(address);
      if (reason.isPresent()) {
        refused = reason.get();
      } else if (allowed.size() < MAX_ADDRESSES) {
        allowed.add(address);
      }
    }
    return allowed.isEmpty()
        ? new Resolved.None(refused)
        : new Resolved.Addresses(List.copyOf(allowed));
  }
}
