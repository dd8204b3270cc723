package dev.piecework.bench;

import dev.piecework.engine.Engine;
import dev.piecework.engine.EngineSettings;
import dev.piecework.engine.Torrent;
import dev.piecework.engine.TorrentListener;
import dev.piecework.engine.TorrentRequest;
import dev.piecework.layout.Bundle;
import dev.piecework.layout.ObjectLayout;
import dev.piecework.metainfo.Metainfo;
import dev.piecework.metainfo.MetainfoParser;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/**
 * The engine without anything around it, as a program: downloads a torrent into one file and ends,
 * or seeds it until it is killed.
 *
 * <p>Arguments: {@code download TORRENT FILE HOST:PORT...} or {@code seed TORRENT FILE PORT}.
 */
public final class EngineAlone implements TorrentListener {
  private static final long WINDOW_BYTES = 64L << 20;

  private final Metainfo metainfo;
  private final List<Bundle> bundles;
  private final int[] missing;
  private final CompletableFuture<Torrent> torrent = new CompletableFuture<>();
  private final CompletableFuture<Void> complete = new CompletableFuture<>();
  private int verified;

  private EngineAlone(Metainfo metainfo) {
    this.metainfo = metainfo;
    this.bundles = ObjectLayout.of(metainfo, "").bundles();
    this.missing =
        bundles.stream().mapToInt(bundle -> bundle.lastPiece() - bundle.firstPiece() + 1).toArray();
  }

  /**
   * Runs it.
   *
   * @param arguments see above
   */
  public static void main(String[] arguments) throws Exception {
    EngineAlone alone =
        new EngineAlone(MetainfoParser.parse(Files.readAllBytes(Path.of(arguments[1]))));
    Path file = Path.of(arguments[2]);
    List<String> rest = List.of(arguments).subList(3, arguments.length);
    if (arguments[0].equals("seed")) {
      alone.seed(file, Integer.parseInt(rest.getFirst()));
    } else {
      alone.download(file, rest.stream().map(EngineAlone::address).toList());
    }
  }

  private static InetSocketAddress address(String text) {
    int colon = text.lastIndexOf(':');
    return new InetSocketAddress(
        InetAddress.ofLiteral(text.substring(0, colon)),
        Integer.parseInt(text.substring(colon + 1)));
  }

  @SuppressWarnings("SystemOut") // read by bench/run
  private void download(Path file, List<InetSocketAddress> peers) throws Exception {
    try (LinearFile storage = new LinearFile(metainfo, file);
        Engine engine = Engine.start(settings(0))) {
      Torrent started = add(engine, storage, peers, false);
      complete.get();
      System.out.println("wasted " + started.stats().wastedBytes());
    }
  }

  @SuppressWarnings("SystemOut") // read by bench/run
  private void seed(Path file, int port) throws Exception {
    try (LinearFile storage = new LinearFile(metainfo, file);
        Engine engine = Engine.start(settings(port))) {
      add(engine, storage, List.of(), true);
      System.out.println("listening");
      complete.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("seeding failed", e.getCause());
    }
  }

  private static EngineSettings settings(int port) {
    EngineSettings defaults = EngineSettings.defaults();
    return new EngineSettings(
        port,
        defaults.listenAddress(),
        defaults.announcedAddress(),
        defaults.addressPolicy(),
        defaults.maxConnections(),
        defaults.maxConnectionsPerTorrent(),
        defaults.connectionsPerSecond(),
        defaults.connectTimeout(),
        defaults.handshakeTimeout(),
        defaults.idleTimeout(),
        defaults.pieceBufferBytes(),
        defaults.uploadSlots(),
        defaults.hashThreads(),
        defaults.eventLoopThreads(),
        defaults.messagesPerSecond(),
        defaults.unreadTimeout(),
        defaults.peerLimits());
  }

  private Torrent add(
      Engine engine, LinearFile storage, List<InetSocketAddress> peers, boolean whole) {
    BitSet done = new BitSet();
    done.set(0, whole ? bundles.size() : 0);
    BitSet available = new BitSet();
    available.set(0, whole ? metainfo.pieceCount() : 0);
    Torrent added =
        engine.add(
            new TorrentRequest(
                metainfo,
                bundles,
                done,
                available,
                WINDOW_BYTES,
                2 * WINDOW_BYTES,
                storage,
                this,
                new ArrayList<>(peers),
                0,
                0));
    torrent.complete(added);
    return added;
  }

  /** A bundle is durable as soon as its pieces are there: nothing is sent on from here. */
  @Override
  public void pieceVerified(int piece) {
    long from = metainfo.pieceOffset(piece);
    int bundle = (int) Math.min(from / ObjectLayout.MIN_PART_SIZE, bundles.size() - 1);
    while (bundle > 0 && bundles.get(bundle - 1).lastPiece() >= piece) {
      bundle--;
    }
    for (; bundle < bundles.size() && bundles.get(bundle).firstPiece() <= piece; bundle++) {
      if (bundles.get(bundle).lastPiece() >= piece && --missing[bundle] == 0) {
        torrent.join().bundleDone(bundle);
      }
    }
    if (++verified == metainfo.pieceCount()) {
      complete.complete(null);
    }
  }

  @Override
  public void failed(Exception cause) {
    complete.completeExceptionally(cause);
  }
}
