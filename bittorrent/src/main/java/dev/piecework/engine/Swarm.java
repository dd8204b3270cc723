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
import io.netty.buffer.ByteBuf;
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
final class Swarm implements SwarmLife.Subject {
  private static final Logger LOG = LoggerFactory.getLogger(Swarm.class);
  private static final long TICK_MILLIS = 500;
  private static final long LIMITED_TICK_MILLIS = 50;

  /** Ticks that fail one after another before the torrent does. */
  private static final int MOST_FAILED_TICKS = 20;

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
  private final Haves haves;
  private final Extensions extensions;
  private final Connections connections;
  private final ChokeRounds chokeRounds;
  private final UploadShare uploads;
  private final Announcing announcing;
  private final Meter meter;
  private final SwarmLife life;
  private Optional<Future<?>> ticking = Optional.empty();
  private boolean flushScheduled;
  private int failedTicks;

  Swarm(EngineParts parts, TorrentRequest request, EventLoop loop) {
    long now = System.nanoTime();
    this.parts = parts;
    this.request = request;
    this.metainfo = request.metainfo();
    this.loop = loop;
    this.life = new SwarmLife(this, metainfo, request.listener(), loop, logContext);
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
    picker.room(request.storage()::makeRoom);
    this.haves = new Haves(picker.have());
    this.download =
        new Download(
            metainfo,
            picker,
            availability,
            buffers,
            this::pieceArrived,
            new TokenBucket(request.downloadBytesPerSecond(), now));
    this.uploads = new UploadShare(this, parts.pool(), request.uploadBytesPerSecond(), now);
    this.extensions = new Extensions(metainfo, parts.listenPort());
    this.connections = new Connections(this, parts);
    this.chokeRounds = new ChokeRounds(this, parts.settings().uploadSlots());
    this.meter = new Meter(this, parts.sums(), now);
    this.announcing = new Announcing(this, parts);
    this.checker =
        new PieceChecker(
            metainfo,
            request.storage(),
            parts.pool(),
            life::onOwnLoop,
            new PieceResults(this, request.listener()));
  }

  /** Begins; from any thread. */
  void start() {
    life.onOwnLoop(() -> {
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

  EngineSettings settings() {
    return parts.settings();
  }

  Haves haves() {
    return haves;
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

  UploadShare uploads() {
    return uploads;
  }

  Meter meter() {
    return meter;
  }

  SwarmLife life() {
    return life;
  }

  boolean stopping() {
    return life.stopping();
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
    ByteBuf out = link.outbox().buffer();
    link.havesTold(haves.size());
    if (link.fast() && have == metainfo.pieceCount()) {
      MessageWriter.haveAll(out);
    } else if (link.fast() && have == 0) {
      MessageWriter.haveNone(out);
    } else if (have > 0) {
      MessageWriter.bitfield(out, picker.have().toBitfield());
    }
    if (link.handshake().extensions()) {
      MessageWriter.extended(
          out, 0, extensions.handshake(link.remote().getAddress(), picker.finished()));
    }
    chokeRounds.joined(link);
  }

  /** A connection has ended. */
  void gone(PeerLink link) {
    parts.sums().closed(link.closeReason());
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
    if (link.outbox().full()) {
      return;
    }
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
    life.workBegun();
    checker.check(assembly);
  }

  /** Soon, once for all that happens in this turn of the loop: asks for more, and sends. */
  void flushLater() {
    if (!flushScheduled && !life.stopping()) {
      flushScheduled = true;
      life.onOwnLoop(this::pump);
    }
  }

  private void pump() {
    flushScheduled = false;
    if (life.stopping()) {
      return;
    }
    long now = System.nanoTime();
    chokeRounds.settle(now);
    for (PeerLink link : List.copyOf(links())) {
      link.now(now);
      if (!link.outbox().full()) {
        download.fill(link.source(), now);
      }
      haves.tell(link);
      link.flush();
    }
  }

  private void tick() {
    try {
      long now = System.nanoTime();
      download.tick(now);
      for (PeerLink link : new ArrayList<>(links())) {
        link.tick(now);
        if (!link.closed()) {
          reconsider(link);
          blocksCame(link, now);
          link.uploads().serve();
        }
      }
      chokeRounds.tick(now);
      connections.tick(now);
      announcing.tick(now);
      for (PeerLink link : new ArrayList<>(links())) {
        haves.tell(link);
        link.flush();
      }
      meter.publish(now);
      failedTicks = 0;
    } catch (RuntimeException e) {
      // A tick that fails must not be the last one, but a torrent that cannot go on must end.
      logContext.run(
          () -> LOG.error("Torrent {}: unexpected failure, going on", metainfo.infoHash(), e));
      if (++failedTicks == MOST_FAILED_TICKS) {
        life.fail("failed %d times in a row".formatted(failedTicks), e);
      }
    } catch (Error e) {
      fail(e);
    }
  }

  /** Something failed that must not. */
  void fail(Throwable cause) {
    life.fail("unexpected failure", cause);
  }

  /** Buffers of other torrents are free; on any thread. */
  private void buffersReleased() {
    life.onLoop(this::flushLater);
  }

  /** More addresses to try; from any thread. */
  void addPeers(List<InetSocketAddress> peers, Referrer referrer) {
    life.onLoop(() -> {
      if (!life.stopping()) {
        connections.add(peers, referrer);
      }
    });
  }

  void addNeighbour(InetSocketAddress address) {
    life.onLoop(() -> {
      if (!life.stopping()) {
        connections.addNeighbour(address);
      }
    });
  }

  /** A bundle is durable; from any thread. */
  void bundleDone(int bundle) {
    life.onLoop(() -> {
      if (!life.stopping()) {
        picker.bundleDone(bundle);
        flushLater();
      }
    });
  }

  /** Storage may have room again; from any thread. */
  void roomMade() {
    life.onLoop(() -> {
      picker.roomMade();
      flushLater();
    });
  }

  /** A piece is no longer kept; from any thread. */
  void forget(int piece) {
    life.onLoop(() -> {
      if (life.stopping() || piece < 0 || piece >= metainfo.pieceCount() || !picker.forget(piece)) {
        return;
      }
      for (PeerLink link : links()) {
        link.uploads().forgotten(piece);
        // One that does not read finds out by asking.
        link.extensions()
            .filter(said -> said.dontHaveId() > 0 && !link.outbox().full())
            .ifPresent(
                said -> MessageWriter.dontHave(link.outbox().buffer(), said.dontHaveId(), piece));
      }
      flushLater();
    });
  }

  @Override
  public List<CompletableFuture<Void>> shutDown() {
    ticking.ifPresent(task -> task.cancel(false));
    meter.publish(System.nanoTime());
    connections.close();
    download.close();
    return List.of(announcing.stop(), connections.closed());
  }

  @Override
  public void ended() {
    buffers.close();
    parts.removed(this);
  }
}
