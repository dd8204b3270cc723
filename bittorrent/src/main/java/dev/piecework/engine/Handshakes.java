package dev.piecework.engine;

import dev.piecework.swarm.PeerNetwork;
import io.netty.channel.Channel;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Incoming connections whose handshake has not come yet. They are bounded apart from the others, in
 * all and from one address. Beyond the bound the oldest makes room instead of the newcomer being
 * refused: an honest peer sends its handshake at once and is through, however many others hold
 * theirs back. Thread-safe.
 */
final class Handshakes {
  private final int most;
  private final int mostPerAddress;
  private final Set<Channel> all = new LinkedHashSet<>();
  private final Map<InetAddress, Set<Channel>> byNetwork = new HashMap<>();

  Handshakes(int most, int mostPerAddress) {
    this.most = most;
    this.mostPerAddress = mostPerAddress;
  }

  /**
   * A connection was accepted; it counts until {@link #ended}.
   *
   * @return the one to be closed for it
   */
  synchronized Optional<Channel> begun(Channel channel, InetAddress address) {
    Set<Channel> same =
        byNetwork.computeIfAbsent(PeerNetwork.of(address), _ -> new LinkedHashSet<>());
    Optional<Channel> victim = Optional.empty();
    if (same.size() >= mostPerAddress) {
      victim = same.stream().findFirst();
    } else if (all.size() >= most) {
      victim = all.stream().findFirst();
    }
    all.add(channel);
    same.add(channel);
    victim.ifPresent(this::remove);
    return victim;
  }

  /** Its handshake has come, or it is closed. Idempotent. */
  synchronized void ended(Channel channel, InetAddress address) {
    all.remove(channel);
    remove(channel, PeerNetwork.of(address));
  }

  private void remove(Channel channel) {
    all.remove(channel);
    byNetwork.values().removeIf(each -> each.remove(channel) && each.isEmpty());
  }

  private void remove(Channel channel, InetAddress network) {
    Set<Channel> same = byNetwork.get(network);
    if (same != null && same.remove(channel) && same.isEmpty()) {
      byNetwork.remove(network);
    }
  }

  synchronized int count() {
    return all.size();
  }
}
