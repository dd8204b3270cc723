package dev.piecework.tracker;

import dev.piecework.tracker.AllowedHosts.Resolved;
import dev.piecework.tracker.AnnounceResult.Accepted;
import dev.piecework.tracker.AnnounceResult.NamedPeer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Peers that a tracker knows by host names: looked up, within bounds, before they are handed on.
 */
final class PeerNames {
  /** Addresses taken of one name. */
  private static final int MAX_ADDRESSES = 2;

  private PeerNames() {}

  /**
   * The answer with addresses instead of names, behind those that it had; names that have none, or
   * none that is allowed, are left out.
   */
  static CompletableFuture<AnnounceResult> resolve(Accepted answer, AllowedHosts hosts) {
    List<CompletableFuture<List<InetSocketAddress>>> lookups =
        answer.named().stream().map(peer -> resolve(peer, hosts)).toList();
    return CompletableFuture.allOf(lookups.toArray(CompletableFuture<?>[]::new))
        .thenApply(_ -> {
          List<InetSocketAddress> peers = new ArrayList<>(answer.peers());
          lookups.forEach(each -> peers.addAll(each.join()));
          return answer.withPeers(List.copyOf(peers));
        });
  }

  private static CompletableFuture<List<InetSocketAddress>> resolve(
      NamedPeer peer, AllowedHosts hosts) {
    return hosts
        .resolve(peer.host())
        .thenApply(resolved ->
            switch (resolved) {
              case Resolved.Addresses found ->
                  found.addresses().stream()
                      .limit(MAX_ADDRESSES)
                      .map((InetAddress each) -> new InetSocketAddress(each, peer.port()))
                      .toList();
              case Resolved.None _ -> List.of();
            });
  }
}
