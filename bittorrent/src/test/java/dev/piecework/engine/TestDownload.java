package dev.piecework.engine;

import dev.piecework.layout.Bundle;
import dev.piecework.layout.ObjectLayout;
import dev.piecework.metainfo.Metainfo;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;

/**
 * One torrent in an engine, as a worker would use it: every bundle is declared done as soon as its
 * pieces are verified.
 */
final class TestDownload implements TorrentListener {
  private final Metainfo metainfo;
  private final List<Bundle> bundles;
  private final BitSet verified = new BitSet();
  private final BitSet doneBundles = new BitSet();
  final ConcurrentLinkedQueue<Integer> order = new ConcurrentLinkedQueue<>();
  final AtomicReference<String> failure = new AtomicReference<>("");
  private final AtomicReference<Torrent> torrent = new AtomicReference<>();
  private boolean durable = true;

  TestDownload(Metainfo metainfo) {
    this.metainfo = metainfo;
    this.bundles = ObjectLayout.of(metainfo, "").bundles();
  }

  static InetSocketAddress loopback(int port) {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
  }

  /** Leaves bundles in the window for ever. */
  TestDownload neverDurable() {
    durable = false;
    return this;
  }

  /** From now on, and for what has been verified already, as usual. */
  synchronized void durable() {
    durable = true;
    declareDone();
  }

  TorrentRequest request(PieceStorage storage, List<InetSocketAddress> peers) {
    return request(storage, peers, new BitSet(), 64L << 20, 0);
  }

  TorrentRequest seed(PieceStorage storage) {
    return seed(storage, 0);
  }

  TorrentRequest seed(PieceStorage storage, long uploadLimit) {
    BitSet all = new BitSet();
    all.set(0, metainfo.pieceCount());
    BitSet done = new BitSet();
    done.set(0, bundles.size());
    return new TorrentRequest(
        metainfo, bundles, done, all, 1, 1, storage, this, List.of(), uploadLimit, 0);
  }

  TorrentRequest request(
      PieceStorage storage,
      List<InetSocketAddress> peers,
      BitSet available,
      long windowBytes,
      long downloadLimit) {
    return new TorrentRequest(
        metainfo,
        bundles,
        new BitSet(),
        available,
        windowBytes,
        2 * windowBytes,
        storage,
        this,
        peers,
        0,
        downloadLimit);
  }

  Torrent start(Engine engine, TorrentRequest request) {
    Torrent started = engine.add(request);
    torrent.set(started);
    declareDone();
    return started;
  }

  @Override
  public synchronized void pieceVerified(int piece) {
    if (verified.get(piece)) {
      failure.set("piece " + piece + " was reported twice");
    }
    verified.set(piece);
    order.add(piece);
    declareDone();
  }

  private synchronized void declareDone() {
    Torrent at = torrent.get();
    if (at == null || !durable) {
      return;
    }
    for (Bundle bundle : bundles) {
      if (!doneBundles.get(bundle.index())
          && bundle.lastPiece() >= bundle.firstPiece()
          && verified.nextClearBit(bundle.firstPiece()) > bundle.lastPiece()) {
        doneBundles.set(bundle.index());
        at.bundleDone(bundle.index());
      }
    }
  }

  @Override
  public void failed(Exception cause) {
    failure.set(String.valueOf(cause));
  }

  synchronized int verifiedPieces() {
    return verified.cardinality();
  }

  synchronized boolean complete() {
    return verified.cardinality() == metainfo.pieceCount();
  }
}
