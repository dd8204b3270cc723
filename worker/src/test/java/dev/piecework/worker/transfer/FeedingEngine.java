package dev.piecework.worker.transfer;

import dev.piecework.engine.Engine;
import dev.piecework.engine.EngineStats;
import dev.piecework.engine.Torrent;
import dev.piecework.engine.TorrentRequest;
import dev.piecework.engine.TorrentStats;
import dev.piecework.layout.Bundle;
import dev.piecework.metainfo.Metainfo;
import dev.piecework.metainfo.TorrentFile;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;

/**
 * An engine without a swarm: hands out the pieces of content on disk, bundle by bundle, within the
 * window, as fast as they are taken. Lets tests of everything behind the engine run in-process.
 */
final class FeedingEngine implements Engine {
  private final Path parent;
  private final AtomicLong fedBytes = new AtomicLong();
  private final BitSet forgotten = new BitSet();
  private final Semaphore pieces = new Semaphore(0);
  private final ConcurrentHashMap<String, TorrentRequest> requests = new ConcurrentHashMap<>();
  private final BitSet announcedDone = new BitSet();

  /**
   * @param parent folder that holds the torrent's file or folder
   */
  FeedingEngine(Path parent) {
    this.parent = parent;
    pieces.release(Integer.MAX_VALUE / 2);
  }

  /** Feeds no more than this many pieces, until told otherwise. */
  FeedingEngine limitPieces(int count) {
    pieces.drainPermits();
    pieces.release(count);
    return this;
  }

  /** Bytes of pieces handed out. */
  long fedBytes() {
    return fedBytes.get();
  }

  /** Pieces that were taken back. */
  BitSet forgotten() {
    synchronized (forgotten) {
      return (BitSet) forgotten.clone();
    }
  }

  /** Bundles that were said to be done after the start. */
  BitSet announcedDone() {
    synchronized (announcedDone) {
      return (BitSet) announcedDone.clone();
    }
  }

  /** The last request. */
  TorrentRequest request(String infoHash) {
    TorrentRequest request = requests.get(infoHash);
    if (request == null) {
      throw new IllegalStateException("nothing was added");
    }
    return request;
  }

  @Override
  public Torrent add(TorrentRequest request) {
    requests.put(request.metainfo().infoHash().hex(), request);
    Feed feed = new Feed(request);
    feed.thread.start();
    return feed;
  }

  @Override
  public EngineStats stats() {
    throw new UnsupportedOperationException("nobody measures this engine");
  }

  @Override
  public List<Executor> eventLoops() {
    return List.of();
  }

  @Override
  public int listenPort() {
    return 0;
  }

  @Override
  public void close() {}

  private final class Feed implements Torrent {
    private final TorrentRequest request;
    private final BitSet done;
    private final Thread thread = Thread.ofVirtual().name("feed").unstarted(this::run);
    private long openBytes;
    private long received;
    private int verified;

    Feed(TorrentRequest request) {
      this.request = request;
      this.done = (BitSet) request.done().clone();
    }

    private void run() {
      BitSet have = (BitSet) request.available().clone();
      try {
        for (Bundle bundle : request.bundles()) {
          if (!open(bundle)) {
            continue;
          }
          for (int piece = bundle.firstPiece(); piece <= bundle.lastPiece(); piece++) {
            if (!have.get(piece)) {
              pieces.acquire();
              ByteBuffer bytes = read(request.metainfo(), piece);
              received(bytes.remaining());
              request.storage().write(piece, bytes);
              have.set(piece);
              request.listener().pieceVerified(piece);
            }
          }
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } catch (IOException e) {
        request.listener().failed(e);
      }
    }

    private synchronized void received(int bytes) {
      received += bytes;
      verified++;
      fedBytes.addAndGet(bytes);
    }

    /** Waits for room in the window. Returns whether the bundle needs anything. */
    private synchronized boolean open(Bundle bundle) throws InterruptedException {
      if (done.get(bundle.index())) {
        return false;
      }
      long bytes = bytes(bundle);
      while (openBytes > 0 && openBytes + bytes > request.windowBytes()) {
        wait();
      }
      while (bundle.lastPiece() >= bundle.firstPiece()
          && !request.storage().makeRoom(bundle.firstPiece(), bundle.lastPiece(), openBytes == 0)
          && openBytes > 0) {
        wait(100);
      }
      openBytes += bytes;
      return true;
    }

    private long bytes(Bundle bundle) {
      return bundle.parts().stream().mapToLong(part -> part.length()).sum();
    }

    @Override
    public synchronized void bundleDone(int bundle) {
      synchronized (announcedDone) {
        announcedDone.set(bundle);
      }
      if (!done.get(bundle)) {
        done.set(bundle);
        openBytes -= bytes(request.bundles().get(bundle));
        notifyAll();
      }
    }

    @Override
    public void forget(int piece) {
      synchronized (forgotten) {
        forgotten.set(piece);
      }
    }

    @Override
    public void addPeers(List<InetSocketAddress> peers) {}

    @Override
    public synchronized TorrentStats stats() {
      return new TorrentStats(received, 0, 0, verified, 0, 0, 0, 0, 0, 0, 0, List.of());
    }

    @Override
    public CompletableFuture<Void> stop() {
      thread.interrupt();
      return CompletableFuture.runAsync(() -> {
        try {
          thread.join();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      });
    }
  }

  private ByteBuffer read(Metainfo metainfo, int piece) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(metainfo.pieceLength(piece));
    long start = metainfo.pieceOffset(piece);
    for (TorrentFile file : metainfo.files()) {
      long position = start + bytes.position() - file.offset();
      if (bytes.hasRemaining() && position >= 0 && position < file.length()) {
        int length = (int) Math.min(bytes.remaining(), file.length() - position);
        if (file.kind() == TorrentFile.Kind.PAD) {
          bytes.put(new byte[length]);
          continue;
        }
        try (FileChannel channel = FileChannel.open(parent.resolve(file.path()))) {
          ByteBuffer slice = bytes.slice(bytes.position(), length);
          while (slice.hasRemaining()) {
            channel.read(slice, position + slice.position());
          }
          bytes.position(bytes.position() + length);
        }
      }
    }
    return bytes.flip();
  }
}
