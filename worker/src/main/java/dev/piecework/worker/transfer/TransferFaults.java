package dev.piecework.worker.transfer;

import dev.piecework.engine.TorrentStats;
import dev.piecework.worker.database.SqlFaults;
import dev.piecework.worker.fault.Fault;
import dev.piecework.worker.scratch.ScratchException;
import dev.piecework.worker.store.StoreException;
import java.time.Duration;
import java.util.stream.Collectors;

/** Turns what went wrong in a transfer into the fault of its job. */
public final class TransferFaults {
  private static final int TRACKERS_NAMED = 5;

  private TransferFaults() {}

  /** A request to the store failed. */
  static TransferException of(StoreException e) {
    return new TransferException(e.destinationFault(), e);
  }

  /** The store forgot an upload while its parts were sent. */
  static TransferException uploadVanished(StoreException e) {
    return new TransferException(
        new Fault(
            Fault.Kind.STORE_UNAVAILABLE,
            e.getMessage()
                + "; it was aborted by somebody, or by a rule of the bucket: the next attempt sends the object again"),
        e);
  }

  /** Scratch failed. */
  static TransferException of(ScratchException e) {
    return new TransferException(e.fault(), e);
  }

  /** The engine gave up: scratch is behind it, or a defect. */
  static TransferException ofEngine(Exception cause) {
    for (Throwable at = cause; at != null; at = at.getCause()) {
      if (at instanceof ScratchException scratch) {
        return new TransferException(scratch.fault(), cause);
      }
    }
    return new TransferException(
        new Fault(Fault.Kind.INTERNAL, "the download engine gave up: " + said(cause)), cause);
  }

  /** The engine does not take the torrent: most likely another job of the worker has it. */
  static TransferException refusedByEngine(IllegalStateException e) {
    return new TransferException(
        new Fault(
            Fault.Kind.INTERNAL,
            "this worker cannot begin the torrent now: %s; it is tried again later, here or on another worker"
                .formatted(e.getMessage())),
        e);
  }

  /** The torrent's pieces do not fit into the worker's memory for pieces. */
  public static TransferException pieceTooLong(long pieceBytes, long limitBytes) {
    return new TransferException(
        new Fault(
            Fault.Kind.LIMIT_EXCEEDED,
            "cannot download the torrent: a piece of it is %d bytes, more than the %d of piecework.engine.piece-buffer. Raise that setting to at least %d bytes, and -XX:MaxDirectMemorySize by as much"
                .formatted(pieceBytes, limitBytes, pieceBytes)));
  }

  /** The database failed, or something that must not happen did. */
  static TransferException defect(RuntimeException e) {
    if (SqlFaults.causedBySql(e)) {
      return new TransferException(SqlFaults.fault(e), e);
    }
    return new TransferException(
        new Fault(
            Fault.Kind.INTERNAL,
            "the transfer failed, a defect: %s; the worker's log has more".formatted(said(e))),
        e);
  }

  private static String said(Throwable cause) {
    return cause.getMessage() == null ? "no message" : cause.getMessage();
  }

  /** Nothing comes; says why, as far as is known. */
  public static TransferException stalled(Duration still, TorrentStats stats) {
    String trackers =
        stats.trackers().isEmpty()
            ? "no trackers"
            : "trackers: "
                + stats.trackers().stream()
                    .limit(TRACKERS_NAMED)
                    .map(state -> state.place() + ": " + state.outcome())
                    .collect(Collectors.joining(", "))
                + (stats.trackers().size() > TRACKERS_NAMED
                    ? " and %d more".formatted(stats.trackers().size() - TRACKERS_NAMED)
                    : "");
    String peers =
        stats.peers() == 0
            ? "no peer is connected, %d addresses known".formatted(stats.knownPeers())
            : "%d peers connected, %d of them with everything"
                .formatted(stats.peers(), stats.seeders());
    return new TransferException(
        new Fault(
            Fault.Kind.STALLED,
            "no verified piece for %d s: %s; %s; it is tried again later, or name a peer that has it (--peer)"
                .formatted(still.toSeconds(), peers, trackers)));
  }
}
