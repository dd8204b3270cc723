package dev.piecework.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TorrentMakerTest {
  @Test
  void aSingleFileHasItsLengthAndOneHashPerPiece(@TempDir Path folder) {
    Path file = Content.file(folder.resolve("one.bin"), 100_000, 1);

    TestTorrent torrent = TorrentMaker.of(file).pieceBytes(16384).make();

    assertThat(torrent.pieces()).isEqualTo(7);
    assertThat(text(torrent))
        .contains("6:lengthi100000e4:name7:one.bin12:piece lengthi16384e6:pieces140:");
  }

  @Test
  void trackersAreNoPartOfTheInfoHash(@TempDir Path folder) {
    TestTorrent torrent =
        TorrentMaker.of(Content.file(folder.resolve("one.bin"), 10, 1)).tier("http://a/").make();

    TestTorrent other = torrent.withTrackers("http://b/", "udp://c:1");

    assertThat(other.infoHash()).isEqualTo(torrent.infoHash());
    assertThat(text(other))
        .startsWith("d8:announce9:http://b/13:announce-listll9:http://b/9:udp://c:1ee");
  }

  @Test
  void padFilesAlignEveryFile(@TempDir Path folder) {
    Content.file(folder.resolve("set/a"), 10, 1);
    Content.file(folder.resolve("set/b"), 20, 2);

    TestTorrent torrent =
        TorrentMaker.of(folder.resolve("set")).pieceBytes(16384).padFiles().make();

    assertThat(torrent.totalBytes()).isEqualTo(16384 + 20);
    assertThat(text(torrent)).contains("d4:attr1:p6:lengthi16374e4:pathl4:.pad5:16374ee");
  }

  private static String text(TestTorrent torrent) {
    return new String(torrent.metainfo(), StandardCharsets.ISO_8859_1);
  }
}
