package dev.piecework.engine;

import dev.piecework.metainfo.Metainfo;
import dev.piecework.metainfo.MetainfoException;
import dev.piecework.metainfo.MetainfoParser;
import dev.piecework.testkit.Content;
import dev.piecework.testkit.TestTorrent;
import dev.piecework.testkit.TorrentMaker;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A torrent of one file, and its bytes. */
@SuppressWarnings("ArrayRecordComponent") // never compared
record TestContent(TestTorrent torrent, Metainfo metainfo, byte[] bytes) {
  static TestContent make(Path folder, long length, int pieceBytes) {
    Path file = Content.file(folder.resolve("content-" + length + ".bin"), length, 42);
    try {
      return of(TorrentMaker.of(file).pieceBytes(pieceBytes).make(), Files.readAllBytes(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  TestContent announcedTo(String... trackers) {
    return of(torrent.withTrackers(trackers), bytes);
  }

  private static TestContent of(TestTorrent torrent, byte[] bytes) {
    try {
      return new TestContent(torrent, MetainfoParser.parse(torrent.metainfo()), bytes);
    } catch (MetainfoException e) {
      throw new IllegalStateException(e);
    }
  }
}
