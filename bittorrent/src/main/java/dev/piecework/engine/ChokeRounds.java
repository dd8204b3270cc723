package dev.piecework.engine;

import dev.piecework.swarm.AllowedFast;
import dev.piecework.swarm.Choker;
import dev.piecework.wire.MessageWriter;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;

/** Asks the choker when it is time, and tells the peers. */
final class ChokeRounds {
  private final Swarm swarm;
  private final Choker<PeerLink> choker;
  private Map<PeerLink, long[]> lastRound = new HashMap<>();
  private boolean changed;

  ChokeRounds(Swarm swarm, int slots) {
    this.swarm = swarm;
    this.choker = new Choker<>(slots, RandomGenerator.getDefault());
  }

  /** A newcomer that has little may have some pieces without waiting for a slot (BEP 6). */
  void joined(PeerLink link) {
    if (link.fast() && swarm.picker().have().count() > 0) {
      int[] pieces =
          AllowedFast.of(
              link.remote().getAddress(),
              swarm.metainfo().infoHash(),
              swarm.metainfo().pieceCount(),
              AllowedFast.SIZE);
      link.uploads().allowFast(pieces);
      for (int piece : pieces) {
        MessageWriter.allowedFast(link.outbox().buffer(), piece);
      }
    }
  }

  void left() {
    changed = true;
  }

  void interestChanged() {
    changed = true;
  }

  void tick(long nowNanos) {
    if (choker.due(nowNanos)) {
      List<Choker.Candidate<PeerLink>> candidates = candidates(nowNanos);
      apply(choker.decide(nowNanos, candidates, swarm.picker().finished()));
      Map<PeerLink, long[]> round = new HashMap<>();
      for (PeerLink link : swarm.connections().links()) {
        round.put(link, new long[] {link.source().receivedBytes(), link.uploads().sentBytes()});
      }
      lastRound = round;
      changed = false;
    } else {
      settle(nowNanos);
    }
  }

  /** Gives free slots away. */
  void settle(long nowNanos) {
    if (changed) {
      changed = false;
      apply(choker.fill(nowNanos, candidates(nowNanos)));
    }
  }

  private List<Choker.Candidate<PeerLink>> candidates(long nowNanos) {
    List<Choker.Candidate<PeerLink>> candidates = new ArrayList<>();
    for (PeerLink link : swarm.connections().links()) {
      long[] before = lastRound.getOrDefault(link, new long[2]);
      candidates.add(
          new Choker.Candidate<>(
              link,
              host(link.remote().getAddress()),
              link.uploads().interested(),
              link.source().snubbed(nowNanos),
              link.source().receivedBytes() - before[0],
              link.uploads().sentBytes() - before[1],
              link.connectedAtNanos()));
    }
    return candidates;
  }

  /** An address, or of IPv6 its /64: whoever has one address there has them all. */
  private static Object host(InetAddress address) {
    return address instanceof Inet6Address six ? ByteBuffer.wrap(six.getAddress(), 0, 8) : address;
  }

  private void apply(Set<PeerLink> unchoked) {
    for (PeerLink link : swarm.connections().links()) {
      link.uploads().choke(!unchoked.contains(link));
    }
  }
}
