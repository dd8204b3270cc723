package dev.piecework.engine;

import dev.piecework.metainfo.Metainfo;
import dev.piecework.swarm.Download;
import dev.piecework.swarm.PieceAssembly;
import java.net.InetSocketAddress;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What follows when a piece was checked: stored, corrupt, or not to be stored. On the loop. */
final class PieceResults implements PieceChecker.Answers {
  private static final Logger LOG = LoggerFactory.getLogger(PieceResults.class);

  private final Swarm swarm;
  private final TorrentListener listener;
  private final Metainfo metainfo;
  private boolean completeAnnounced;

  PieceResults(Swarm swarm, TorrentListener listener) {
    this.swarm = swarm;
    this.listener = listener;
    this.metainfo = swarm.metainfo();
    this.completeAnnounced = swarm.picker().finished();
  }

  @Override
  public void stored(PieceAssembly assembly) {
    if (over(assembly)) {
      return;
    }
    Download download = swarm.download();
    int piece = assembly.piece();
    download.verified(assembly);
    swarm.meter().verified();
    listener.pieceVerified(piece);
    swarm.haves().verified(piece);
    banConvicted();
    if (!completeAnnounced && swarm.picker().finished()) {
      completeAnnounced = true;
      swarm.logContext().run(() -> LOG.info("Torrent {}: download complete", metainfo.infoHash()));
      swarm.meter().publish(System.nanoTime());
      swarm.announcing().completed();
    }
    swarm.flushLater();
  }

  @Override
  public void corrupt(PieceAssembly assembly) {
    if (over(assembly)) {
      return;
    }
    LOG.debug("{}: piece {} failed its hash", metainfo.infoHash(), assembly.piece());
    swarm.meter().failed();
    swarm.download().failed(assembly);
    banConvicted();
    swarm.flushLater();
  }

  @Override
  public void storageFailed(PieceAssembly assembly, Exception cause) {
    int piece = assembly.piece();
    if (over(assembly)) {
      return;
    }
    swarm.download().dropped(assembly);
    swarm.life().fail("cannot store piece " + piece, cause);
  }

  /** The torrent is being stopped: its memory is all that is left of a piece. */
  private boolean over(PieceAssembly assembly) {
    boolean over = swarm.stopping();
    if (over) {
      swarm.download().dropped(assembly);
    }
    swarm.life().workDone();
    return over;
  }

  private void banConvicted() {
    for (InetSocketAddress culprit : swarm.download().takeConvicted()) {
      LOG.debug("{}: banned, sent corrupt data", culprit);
      swarm.connections().ban(culprit);
    }
  }
}
