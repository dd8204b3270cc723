package dev.piecework.engine;

import dev.piecework.metainfo.Metainfo;
import dev.piecework.net.LogContext;
import dev.piecework.swarm.Availability;
import dev.piecework.swarm.Download;
import dev.piecework.swarm.PieceAssembly;
import dev.piecework.swarm.PieceBuffers;
import dev.piecework.swarm.PiecePicker;
import dev.piecework.swarm.Referrer;
import dev.piecework.swarm.TokenBucket;
import dev.piecework.wire.MessageWriter;
import dev.piecework.wire.PeerId;
import io.netty.channel.EventLoop;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One torrent at work. All its state belongs to one event loop, on which its peers' sockets live
 * too; only hashing and storage happen elsewhere, and answer on the loop. Methods are for the loop
 * unless they say otherwise.
 */
final class Swarm implements PieceChecker.Answers {
  private static final Logger LOG = LoggerFactory.getLogger(Swarm.class);
  private static final long TICK_MILLIS = 500;
  private static final long LIMITED_TICK_MILLIS = 50;

  private final PeerId peerId = PeerId.random(new SecureRandom());
  private final EngineParts parts;
  private final TorrentRequest request;
  private final LogContext logContext = LogContext.current();
  private final Metainfo metainfo;
  private final EventLoop loop;
  private final PieceBuffers.Account buffers;
  private final PiecePicker picker;
  private final Download download;
  private final PieceChecker checker;
  private final Extensions extensions;
  private final Connections connections;
  private final ChokeRounds chokeRounds;
  private final TokenBucket uploadBudget;
  private final Announcing announcing;
  private final Meter meter;
  private final CompletableFuture<Void> stopped = new CompletableFuture<>();
  private Optional<Future<?>> ticking = Optional.empty();
  private int atWorkElsewhere;
  private boolean stopping;
  private boolean flushScheduled;
  private boolean completedAnnounced;

  Swarm(EngineParts parts, TorrentRequest request, EventLoop loop) {
    long now = System.nanoTime();
    this.parts = parts;
    this.request = request;
    this.metainfo = request.metainfo();
    this.loop = loop;
    this.buffers = parts.buffers().open(this::buffersReleased);
    Availability availability = new Availability(metainfo.pieceCount());
    this.picker =
        new PiecePicker(
            metainfo.pieceCount(),
            request.bundles(),
            request.done(),
            request.available(),
            request.windowBytes(),
            request.starvedWindowBytes(),
            availability,
            RandomGenerator.getDefault());
    this.checker = new PieceChecker(metainfo, request.storage(), parts.pool(), loop, this);
    this.download =
        new Download(
            metainfo,
            picker,
            availability,
            buffers,
            this::pieceArrived,
            new TokenBucket(request.downloadBytesPerSecond(), now));
    this.uploadBudget = new TokenBucket(request.uploadBytesPerSecond(), now);
    this.extensions = new Extensions(metainfo, parts.listenPort());
    this.connections = new Connections(this, parts);
    this.chokeRounds = new ChokeRounds(this, parts.settings().uploadSlots());
    this.meter = new Meter(this, parts.sums(), now);
    this.announcing = new Announcing(this, parts);
    this.completedAnnounced = picker.finished();
  }

  /** Begins; from any thread. */
  void start() {
    loop.execute(() -> {
      logContext.run(() ->
          LOG.info(
              "Torrent {} \"{}\": started, {} of {} pieces to download",
              metainfo.infoHash(),
              metainfo.name(),
              picker.needed().count(),
              metainfo.pieceCount()));
      connections.add(request.peers(), Referrer.GIVEN);
      meter.publish(System.nanoTime());
      logContext.run(announcing::start);
      boolean limited = request.downloadBytesPerSecond() > 0 || request.uploadBytesPerSecond() > 0;
      long period = limited ? LIMITED_TICK_MILLIS : TICK_MILLIS;
      ticking =
          Optional.of(loop.scheduleAtFixedRate(this::tick, period, period, TimeUnit.MILLISECONDS));
    });
  }

  /** Of what is logged about this torrent; from any thread. */
  LogContext logContext() {
    return logContext;
  }

  Metainfo metainfo() {
    return metainfo;
  }

  /** Each has its own: two of one info-hash must not look like one peer. */
  PeerId peerId() {
    return peerId;
  }

  EventLoop loop() {
    return loop;
  }

  PiecePicker picker() {
    return picker;
  }

  Download download() {
    return download;
  }

  PieceStorage storage() {
    return request.storage();
  }

  Extensions extensions() {
    return extensions;
  }

  Connections connections() {
    return connections;
  }

  Announcing announcing() {
    return announcing;
  }

  Meter meter() {
    return meter;
  }

  boolean stopping() {
    return stopping;
  }

  /** Bytes still to be downloaded, to the nearest piece. */
  long leftBytes() {
    return Math.min(
        (long) picker.neededOrChecking() * metainfo.pieceLength(), metainfo.totalLength());
  }

  private List<PeerLink> links() {
    return connections.links();
  }

  /** A peer is connected: says hello. */
  void joined(PeerLink link) {
    download.add(link.source());
    int have = picker.have().count();
    if (link.fast() && have == metainfo.pieceCount()) {
      MessageWriter.haveAll(link.outbox());
    } else if (link.fast() && have == 0) {
      MessageWriter.haveNone(link.outbox());
    } else if (have > 0) {
      MessageWriter.bitfield(link.outbox(), picker.have().toBitfield());
    }
    if (link.handshake().extensions()) {
      MessageWriter.extended(
          link.outbox(), 0, extensions.handshake(link.remote().getAddress(), picker.finished()));
    }
    chokeRounds.joined(link);
  }

  /** A connection has ended. */
  void gone(PeerLink link) {
    if (connections.remove(link)) {
      download.remove(link.source(), System.nanoTime());
      chokeRounds.left();
      flushLater();
    }
  }

  /** A peer has broken the protocol. */
  void misbehaved(PeerLink link, String how) {
    meter.misbehaved();
    link.close(CloseReason.PROTOCOL_ERROR, how);
    connections.distrust(link);
  }

  /** Blocks came, or something else that lets us ask for more. */
  void blocksCame(PeerLink link, long nowNanos) {
    if (download.fill(link.source(), nowNanos) == 0) {
      download.fillEndgame(link.source(), nowNanos);
    }
  }

  /** Sees anew whether a peer has something that we need. */
  void reconsider(PeerLink link) {
    link.interesting(picker.needed().intersects(link.source().pieces()));
  }

  void interestChanged() {
    chokeRounds.interestChanged();
    flushLater();
  }

  private void pieceArrived(PieceAssembly assembly) {
    atWorkElsewhere++;
    checker.check(assembly);
  }

  @Override
  public void stored(PieceAssembly assembly) {
    atWorkElsewhere--;
    int piece = assembly.piece();
    if (stopping) {
      download.dropped(assembly);
      endIfDone();
      return;
    }
    download.verified(assembly);
    meter.verified();
    request.listener().pieceVerified(piece);
    for (PeerLink link : links()) {
      if (!link.source().pieces().has(piece)) {
        MessageWriter.have(link.outbox(), piece);
      }
    }
    banConvicted();
    if (!completedAnnounced && picker.finished()) {
      completedAnnounced = true;
      logContext.run(() -> LOG.info("Torrent {}: download complete", metainfo.infoHash()));
      meter.publish(System.nanoTime());
      announcing.completed();
    }
    flushLater();
  }

  @Override
  public void corrupt(PieceAssembly assembly) {
    atWorkElsewhere--;
    if (stopping) {
      download.dropped(assembly);
      endIfDone();
      return;
    }
    LOG.debug("{}: piece {} failed its hash", metainfo.infoHash(), assembly.piece());
    meter.failed();
    download.failed(assembly);
    banConvicted();
    flushLater();
  }

  @Override
  public void storageFailed(PieceAssembly assembly, Exception cause) {
    atWorkElsewhere--;
    int piece = assembly.piece();
    download.dropped(assembly);
    if (stopping) {
      endIfDone();
      return;
    }
    logContext.run(() ->
        LOG.warn("Torrent {}: cannot store piece {}, stopping", metainfo.infoHash(), piece, cause));
    stopNow();
    request.listener().failed(cause);
  }

  private void banConvicted() {
    for (InetSocketAddress culprit : download.takeConvicted()) {
      LOG.debug("{}: banned, sent corrupt data", culprit);
      connections.ban(culprit);
    }
  }

  /** Soon, once for all that happens in this turn of the loop: asks for more, and sends. */
  void flushLater() {
    if (!flushScheduled && !stopping) {
      flushScheduled = true;
      loop.execute(this::pump);
    }
  }

  private void pump() {
    flushScheduled = false;
    if (stopping) {
      return;
    }
    long now = System.nanoTime();
    chokeRounds.settle(now);
    for (PeerLink link : List.copyOf(links())) {
      link.now(now);
      download.fill(link.source(), now);
      link.flush();
    }
  }

  private void tick() {
    try {
      long now = System.nanoTime();
      download.tick(now);
      for (PeerLink link : new ArrayList<>(links())) {
        link.now(now);
        reconsider(link);
        blocksCame(link, now);
        link.uploads().serve();
      }
      chokeRounds.tick(now);
      connections.tick(now);
      announcing.tick(now);
      for (PeerLink link : new ArrayList<>(links())) {
        link.flush();
      }
      meter.publish(now);
    } catch (RuntimeException e) {
      // A tick that fails must not be the last one.
      logContext.run(
          () -> LOG.error("Torrent {}: unexpected failure, going on", metainfo.infoHash(), e));
    }
  }

  /** Buffers of other torrents are free; on any thread. */
  private void buffersReleased() {
    onLoop(this::flushLater);
  }

  boolean mayUpload() {
    return uploadBudget.available(System.nanoTime());
  }

  void uploaded(int bytes) {
    uploadBudget.take(bytes);
    meter.sent(bytes);
  }

  /** Reads a batch of blocks on the pool and sends it. */
  void read(Uploads.Batch batch) {
    atWorkElsewhere++;
    parts
        .pool()
        .execute(() -> {
          batch.run();
          loop.execute(() -> {
            atWorkElsewhere--;
            batch.finish();
            endIfDone();
          });
        });
  }

  /** More addresses to try; from any thread. */
  void addPeers(List<InetSocketAddress> peers, Referrer referrer) {
    onLoop(() -> {
      if (!stopping) {
        connections.add(peers, referrer);
      }
    });
  }

  void addNeighbour(InetSocketAddress address) {
    onLoop(() -> {
      if (!stopping) {
        connections.addNeighbour(address);
      }
    });
  }

  /** Calls from outside may come when the loop is gone: there is nothing left to do then. */
  private void onLoop(Runnable task) {
    if (!loop.isShuttingDown()) {
      loop.execute(task);
    }
  }

  /** A bundle is durable; from any thread. */
  void bundleDone(int bundle) {
    onLoop(() -> {
      if (!stopping) {
        picker.bundleDone(bundle);
        flushLater();
      }
    });
  }

  /** A piece is no longer kept; from any thread. */
  void forget(int piece) {
    onLoop(() -> {
      if (stopping || piece < 0 || piece >= metainfo.pieceCount() || !picker.forget(piece)) {
        return;
      }
      for (PeerLink link : links()) {
        link.uploads().forgotten(piece);
        link.extensions()
            .filter(said -> said.dontHaveId() > 0)
            .ifPresent(said -> MessageWriter.dontHave(link.outbox(), said.dontHaveId(), piece));
      }
      flushLater();
    });
  }

  /** The engine is closed and its threads have ended: nobody need wait any longer. */
  void abandoned() {
    stopped.complete(null);
  }

  /** Stops; from any thread. */
  CompletableFuture<Void> stop() {
    onLoop(this::stopNow);
    return stopped.copy();
  }

  private void stopNow() {
    if (stopping) {
      return;
    }
    stopping = true;
    ticking.ifPresent(task -> task.cancel(false));
    meter.publish(System.nanoTime());
    connections.close();
    download.close();
    // Hashing and reading that is at work ends by itself; leaving the trackers takes its time too.
    atWorkElsewhere += 2;
    awaitEndOf(announcing.stop());
    awaitEndOf(connections.closed());
  }

  @SuppressWarnings("FutureReturnValueIgnored") // what it leads to is counted, not waited for
  private void awaitEndOf(CompletableFuture<Void> work) {
    work.whenComplete((done, failure) -> loop.execute(this::oneLess));
  }

  private void oneLess() {
    atWorkElsewhere--;
    endIfDone();
  }

  private void endIfDone() {
    if (stopping && atWorkElsewhere == 0 && !stopped.isDone()) {
      buffers.close();
      parts.removed(this);
      logContext.run(
          () -> LOG.info("Torrent {} \"{}\": stopped", metainfo.infoHash(), metainfo.name()));
      stopped.complete(null);
    }
  }
}
