package dev.piecework.worker.transfer;

import dev.piecework.engine.TorrentStats;
import dev.piecework.worker.fault.Fault;
import java.time.Duration;
import java.util.stream.Collectors;

/** Says why nothing comes. */
final class Stall {
  private static final int TRACKERS_NAMED = 5;

  private Stall() {}

  static Fault fault(Duration still, TorrentStats stats) {
    String trackers =
        stats.trackers().isEmpty()
            ? "no trackers"
            : "trackers: "
                + stats.trackers().stream()
                    .limit(TRACKERS_NAMED)
                    .map(state -> state.url() + " " + state.outcome())
                    .collect(Collectors.joining(", "))
                + (stats.trackers().size() > TRACKERS_NAMED
                    ? " and %d more".formatted(stats.trackers().size() - TRACKERS_NAMED)
                    : "");
    String peers =
        stats.peers() == 0
            ? "no peer is connected, %d addresses known".formatted(stats.knownPeers())
            : "%d peers connected, %d of them with everything"
                .formatted(stats.peers(), stats.seeders());
    return new Fault(
        Fault.Kind.STALLED,
        "no verified piece for %d s: %s; %s; it is tried again later, or name a peer that has it (--peer)"
            .formatted(still.toSeconds(), peers, trackers));
  }
}
