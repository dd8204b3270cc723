package dev.piecework.standalone.demo;

import dev.piecework.engine.Engine;
import dev.piecework.engine.EngineSettings;
import dev.piecework.engine.PieceStorage;
import dev.piecework.engine.Torrent;
import dev.piecework.engine.TorrentListener;
import dev.piecework.engine.TorrentRequest;
import dev.piecework.layout.ObjectLayout;
import dev.piecework.metainfo.Metainfo;
import dev.piecework.metainfo.TorrentFile;
import dev.piecework.standalone.embedded.Loopback;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.BitSet;
import java.util.List;

/** A peer that has everything: our own engine over the files of some content. */
final class DemoSeeder implements AutoCloseable {
  private final Engine engine;
  private final List<Torrent> torrents;

  private DemoSeeder(Engine engine, List<Torrent> torrents) {
    this.engine = engine;
    this.torrents = torrents;
  }

  /**
   * Starts seeding, and announces itself.
   *
   * @param bytesPerSecond most that it sends of each, so that there is time to watch; 0: no limit
   */
  static DemoSeeder start(List<DemoContent> contents, long bytesPerSecond) {
    InetAddress loopback = InetAddress.ofLiteral(Loopback.ADDRESS);
    Engine engine = Engine.start(EngineSettings.defaults().withListenAddress(loopback));
    return new DemoSeeder(
        engine, contents.stream().map(content -> seed(engine, content, bytesPerSecond)).toList());
  }

  private static Torrent seed(Engine engine, DemoContent content, long bytesPerSecond) {
    Metainfo metainfo = content.metainfo();
    ObjectLayout layout = ObjectLayout.of(metainfo, "");
    BitSet done = new BitSet();
    done.set(0, layout.bundles().size());
    BitSet available = new BitSet();
    available.set(0, metainfo.pieceCount());
    return engine.add(
        new TorrentRequest(
            metainfo,
            layout.bundles(),
            done,
            available,
            1,
            1,
            new Files(metainfo, content.folder()),
            new Silent(),
            List.of(),
            bytesPerSecond,
            0));
  }

  int port() {
    return engine.listenPort();
  }

  /** How many it seeds. */
  int torrents() {
    return torrents.size();
  }

  /** Bytes of content sent so far. */
  long sentBytes() {
    return torrents.stream().mapToLong(torrent -> torrent.stats().sentBytes()).sum();
  }

  @Override
  public void close() {
    engine.close();
  }

  /** Reads pieces across the files they lie in. */
  private record Files(Metainfo metainfo, Path folder) implements PieceStorage {
    @Override
    public void write(int piece, ByteBuffer verified) throws IOException {
      throw new IOException("a seeder has everything already");
    }

    @Override
    public boolean read(int piece, int offset, ByteBuffer into) throws IOException {
      long position = metainfo.pieceOffset(piece) + offset;
      for (TorrentFile file : metainfo.files()) {
        long inFile = position - file.offset();
        if (into.hasRemaining() && inFile >= 0 && inFile < file.length()) {
          int count = (int) Math.min(into.remaining(), file.length() - inFile);
          fill(folder.resolve(file.path()), inFile, into.slice(into.position(), count));
          into.position(into.position() + count);
          position += count;
        }
      }
      return true;
    }

    private static void fill(Path file, long position, ByteBuffer into) throws IOException {
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
        long at = position;
        while (into.hasRemaining()) {
          int count = channel.read(into, at);
          if (count < 0) {
            throw new EOFException(file + " has become shorter");
          }
          at += count;
        }
      }
    }
  }

  /** There is nothing to be told of. */
  private static final class Silent implements TorrentListener {
    @Override
    public void pieceVerified(int piece) {}

    @Override
    public void failed(Exception cause) {}
  }
}
