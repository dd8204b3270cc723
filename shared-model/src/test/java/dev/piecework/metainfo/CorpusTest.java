package dev.piecework.metainfo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every file of libtorrent's corpus gets the verdict that libtorrent gives it. */
class CorpusTest {
  /** libtorrent's names, and ours. */
  private static final Map<String, MetainfoError> ERRORS =
      Map.ofEntries(
          Map.entry("bdecode_errors::depth_exceeded", MetainfoError.LIMIT_EXCEEDED),
          Map.entry("errors::invalid_bencoding", MetainfoError.NOT_BENCODED),
          Map.entry("errors::torrent_missing_info", MetainfoError.MISSING_INFO),
          Map.entry("errors::torrent_missing_name", MetainfoError.MISSING_NAME),
          Map.entry("errors::torrent_invalid_name", MetainfoError.INVALID_NAME),
          Map.entry("errors::torrent_missing_piece_length", MetainfoError.INVALID_PIECE_LENGTH),
          Map.entry("errors::torrent_missing_pieces", MetainfoError.MISSING_PIECES),
          Map.entry("errors::torrent_invalid_hashes", MetainfoError.INVALID_PIECES),
          Map.entry("errors::torrent_invalid_length", MetainfoError.INVALID_LENGTH),
          Map.entry("errors::no_files_in_torrent", MetainfoError.NO_FILES),
          Map.entry("errors::torrent_file_parse_failed", MetainfoError.INVALID_V2),
          Map.entry("errors::torrent_invalid_piece_layer", MetainfoError.INVALID_V2),
          Map.entry("errors::torrent_missing_pieces_root", MetainfoError.INVALID_V2),
          Map.entry("errors::torrent_inconsistent_files", MetainfoError.INVALID_V2));

  /**
   * Loaded by libtorrent, refused here: they have v2 hashes alone, and this version verifies SHA-1
   * pieces alone. To accept them would be to download what cannot be verified.
   */
  private static final Set<String> V2_ONLY =
      Set.of("v2_invalid_filename2.torrent", "v2_no_piece_layers.torrent");

  /**
   * 118 files of one path. The libtorrent of these tests gives up at 33; others, and its releases,
   * take them, and counting on costs nothing.
   */
  private static final String MANY_OF_ONE_NAME = "duplicate_files2.torrent";

  @ParameterizedTest
  @MethodSource("dev.piecework.metainfo.Corpus#judged")
  void hasTheVerdictOfLibtorrent(Corpus.Sample sample) throws MetainfoException {
    byte[] torrent = Corpus.read(sample.file());
    assertThat(torrent).hasSize(sample.bytes());
    if (V2_ONLY.contains(sample.file())) {
      assertThat(sample.expected()).isEqualTo("OK");
      assertRefused(torrent, MetainfoError.V2_ONLY);
    } else if (sample.file().equals(MANY_OF_ONE_NAME)) {
      assertThat(sample.expected()).isEqualTo("ERROR errors::too_many_duplicate_filenames");
      assertThat(MetainfoParser.parse(torrent).files())
          .hasSize(118)
          .extracting(TorrentFile::path)
          .doesNotHaveDuplicates();
    } else if (sample.expected().equals("OK")) {
      assertThat(MetainfoParser.parse(torrent).files()).isNotEmpty();
    } else {
      String name = sample.expected().replace("ERROR ", "");
      assertRefused(torrent, Objects.requireNonNull(ERRORS.get(name), name));
    }
  }

  private static void assertRefused(byte[] torrent, MetainfoError error) {
    assertThatThrownBy(() -> MetainfoParser.parse(torrent))
        .asInstanceOf(type(MetainfoException.class))
        .extracting(MetainfoException::error)
        .isEqualTo(error);
  }

  @Test
  void puppyIsWhatItsReadmeSays() throws MetainfoException {
    Metainfo puppy = MetainfoParser.parse(Corpus.read("puppy.torrent"));

    assertThat(puppy.infoHash().hex()).isEqualTo("117e3a6665e8ff1b157e5ec37823578adb8a712b");
    assertThat(puppy.name()).isEqualTo("puppy.jpg");
    assertThat(puppy.multiFile()).isFalse();
    assertThat(puppy.totalLength()).isEqualTo(124_234);
    assertThat(puppy.pieceLength()).isEqualTo(16_384);
    assertThat(puppy.pieceCount()).isEqualTo(8);
    assertThat(puppy.pieceLength(7)).isEqualTo(124_234 - 7 * 16_384);
    assertThat(puppy.files()).extracting(TorrentFile::path).containsExactly("puppy.jpg");
    assertThat(puppy.trackers()).hasSize(1);
    assertThat(puppy.trackers().getFirst())
        .containsExactly("udp://tracker.coppersurfer.tk:6969/announce");
  }

  @Test
  void sampleIsLoaded() throws MetainfoException {
    Metainfo sample = MetainfoParser.parse(Corpus.read("sample.torrent"));

    assertThat(sample.infoHash().hex()).isEqualTo("58d8d15a4eb3bd9afabc9cee2564f78192777edb");
    assertThat(sample.files())
        .extracting(TorrentFile::kind)
        .containsExactly(TorrentFile.Kind.REGULAR, TorrentFile.Kind.PAD, TorrentFile.Kind.REGULAR);
    assertThat(sample.trackers()).hasSize(1);
    assertThat(sample.comment()).contains("sample comment");
  }
}
