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
    TestTorrent torrent = TorrentMaker.of(file).pieceBytes(pieceBytes).make();
    try {
      return new TestContent(
          torrent, MetainfoParser.parse(torrent.metainfo()), Files.readAllBytes(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (MetainfoException e) {
      throw new IllegalStateException(e);
    }
  }
}
