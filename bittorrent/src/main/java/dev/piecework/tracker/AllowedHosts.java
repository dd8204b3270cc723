package dev.piecework.tracker;

import dev.piecework.net.AddressPolicy;
import dev.piecework.text.ForeignText;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Host names turned into addresses that the address policy allows. What is returned is what must be
 * connected to: asking the name again could give another answer (DNS rebinding).
 */
final class AllowedHosts {
  /** Addresses of one name that are tried at most. */
  private static final int MAX_ADDRESSES = 4;

  private final Names names;
  private final AddressPolicy policy;

  AllowedHosts(Names names, AddressPolicy policy) {
    this.names = names;
    this.policy = policy;
  }

  /** A name service; blocks. */
  @FunctionalInterface
  interface Names {
    /** All addresses of a name or literal, in order of preference. */
    List<InetAddress> resolve(String host) throws UnknownHostException;
  }

  /** What a host name came to. */
  sealed interface Resolved {
    /** At least one address, all of them allowed. */
    record Addresses(List<InetAddress> addresses) implements Resolved {}

    /** None that may be used; says why. */
    record None(String reason) implements Resolved {}
  }

  /** Looks a host up on a virtual thread, since the JDK's name service blocks. */
  CompletableFuture<Resolved> resolve(String host) {
    CompletableFuture<Resolved> result = new CompletableFuture<>();
    Thread.ofVirtual().name("tracker-name").start(() -> result.complete(resolveNow(host)));
    return result;
  }

  private Resolved resolveNow(String host) {
    List<InetAddress> found;
    try {
      found = names.resolve(host);
    } catch (UnknownHostException e) {
      return new Resolved.None("no address for the host name " + ForeignText.line(host));
    } catch (RuntimeException e) {
      // What the name service throws for a name it cannot even ask for must not be lost.
      return new Resolved.None(
          "host name " + ForeignText.line(host) + " cannot be looked up: " + e);
    }
    List<InetAddress> allowed = new ArrayList<>();
    String refused = "no address for the host name " + ForeignText.line(host);
    for (InetAddress address : found) {
      if (!policy.allows(address)) {
        refused =
            policy
                .reasonRefused(address)
                .orElse("address " + address.getHostAddress() + " refused by the address policy");
      } else if (allowed.size() < MAX_ADDRESSES) {
        allowed.add(address);
      }
    }
    return allowed.isEmpty()
        ? new Resolved.None(refused)
        : new Resolved.Addresses(List.copyOf(allowed));
  }
}
