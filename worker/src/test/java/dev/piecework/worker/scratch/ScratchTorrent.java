package dev.piecework.worker.scratch;

import dev.piecework.layout.Bundle;
import dev.piecework.layout.Segments;
import dev.piecework.metainfo.Metainfo;
import dev.piecework.metainfo.MetainfoParser;
import dev.piecework.testkit.Content;
import dev.piecework.testkit.TorrentMaker;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.springframework.util.unit.DataSize;

/** A torrent of one file in memory, in pieces of 1 MiB, and settings of scratch for it. */
final class ScratchTorrent {
  static final int PIECE = 1 << 20;

  private final Metainfo metainfo;
  private final byte[] content;

  private ScratchTorrent(Metainfo metainfo, byte[] content) {
    this.metainfo = metainfo;
    this.content = content;
  }

  static ScratchTorrent of(Path folder, int pieces) throws Exception {
    Path file = Content.file(folder.resolve("in/set.bin"), (long) pieces * PIECE + 99, 1);
    return new ScratchTorrent(
        MetainfoParser.parse(TorrentMaker.of(file).pieceBytes(PIECE).make().metainfo()),
        Files.readAllBytes(file));
  }

  Metainfo metainfo() {
    return metainfo;
  }

  byte[] content() {
    return content;
  }

  /** In segments of 64 pieces. */
  Segments segments() {
    return new Segments(metainfo, bundles(metainfo, 64));
  }

  void write(JobScratch job, int... pieces) throws ScratchException {
    for (int piece : pieces) {
      job.write(piece, ByteBuffer.wrap(content, piece * PIECE, metainfo.pieceLength(piece)));
    }
  }

  static ScratchSettings settings(Path directory, int maxMegabytes, Duration fullTimeout) {
    return new ScratchSettings(
        directory.toString(),
        DataSize.ofMegabytes(maxMegabytes),
        DataSize.ofMegabytes(1),
        Duration.ofDays(2),
        fullTimeout,
        2);
  }

  /** Segments of one short piece each. */
  static Segments manySegments(Path folder) throws Exception {
    Path file = Content.file(folder.resolve("in/many.bin"), 100 * 16384, 2);
    Metainfo metainfo =
        MetainfoParser.parse(TorrentMaker.of(file).pieceBytes(16384).make().metainfo());
    return new Segments(metainfo, bundles(metainfo, 1));
  }

  private static List<Bundle> bundles(Metainfo metainfo, int pieces) {
    List<Bundle> bundles = new ArrayList<>();
    for (int first = 0; first < metainfo.pieceCount(); first += pieces) {
      int last = Math.min(first + pieces, metainfo.pieceCount()) - 1;
      bundles.add(new Bundle(bundles.size(), first, last, List.of()));
    }
    return bundles;
  }
}
