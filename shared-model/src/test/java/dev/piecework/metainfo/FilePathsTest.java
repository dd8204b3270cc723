package dev.piecework.metainfo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.piecework.bencode.BencodeWriter;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Distinct names and the targets of symlinks, as libtorrent gives them. */
class FilePathsTest {
  private static List<String> paths(String... files) {
    TorrentMaker maker = new TorrentMaker(16384);
    for (String file : files) {
      maker.file(1, file.split("/"));
    }
    return maker.parse().files().stream()
        .map(file -> file.path().substring("torrent/".length()))
        .toList();
  }

  @Test
  void laterFilesOfOnePathAreNumbered() {
    assertThat(paths("a", "a", "A", "a")).containsExactly("a", "a.1", "A.2", "a.3");
    assertThat(paths("d.d/x", "d.d/x")).containsExactly("d.d/x", "d.d/x.1");
    assertThat(paths(".x", ".x")).containsExactly(".x", ".1.x");
    assertThat(paths("É", "é")).as("only ASCII letters").containsExactly("É", "é");
  }

  @Test
  void aNumberedNameMustBeFreeToo() {
    assertThat(paths("a.txt", "a.1.txt", "a.txt")).containsExactly("a.txt", "a.1.txt", "a.2.txt");
    assertThat(paths("a.1", "a", "a")).containsExactly("a.1", "a", "a.2");
  }

  @Test
  void aFileDoesNotTakeTheNameOfAFolder() {
    assertThat(paths("a", "a/b")).containsExactly("a.1", "a/b");
    assertThat(paths("a/b", "a")).containsExactly("a/b", "a.1");
    assertThat(paths("d/e/f", "D", "d/E")).containsExactly("d/e/f", "D.1", "d/E.1");
  }

  @Test
  void padFilesOfOneSizeMayShareAName() {
    Metainfo metainfo = new TorrentMaker(16384).file(1, "a").pad(7).file(1, "b").pad(7).parse();
    assertThat(metainfo.files())
        .extracting(TorrentFile::path)
        .containsExactly("torrent/a", "torrent/.pad/7", "torrent/b", "torrent/.pad/7");
  }

  @Test
  void anyNumberOfFilesMayHaveOneName() {
    TorrentMaker maker = new TorrentMaker(16384);
    for (int i = 0; i < 20_000; i++) {
      maker.file(1, "x.bin").file(0, "x." + (i + 5) + ".bin");
    }

    List<String> paths = maker.parse().files().stream().map(TorrentFile::path).toList();

    assertThat(paths).doesNotHaveDuplicates().startsWith("torrent/x.bin", "torrent/x.5.bin");
    assertThat(paths.get(2)).isEqualTo("torrent/x.1.bin");
  }

  @Test
  void whateverTheNamesAllPathsAreDistinctAndNoneIsAFolder() {
    long seed = 99;
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    for (int round = 0; round < 300; round++) {
      TorrentMaker maker = new TorrentMaker(16384);
      for (int i = 0; i < 12; i++) {
        String[] path = new String[1 + random.nextInt(3)];
        for (int j = 0; j < path.length; j++) {
          path[j] = List.of("a", "A", "b", "a.1", "b.1", "..", "", "a.").get(random.nextInt(8));
        }
        maker.file(1, path);
      }
      List<String> paths =
          maker.parse().files().stream().map(file -> file.path().toLowerCase(Locale.ROOT)).toList();
      assertThat(paths).doesNotHaveDuplicates();
      Set<String> folders = new HashSet<>();
      for (String path : paths) {
        for (int slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
          folders.add(path.substring(0, slash));
        }
      }
      assertThat(paths).doesNotContainAnyElementsOf(folders);
    }
  }

  private static final class Links {
    private final BencodeWriter.ListWriter files = BencodeWriter.list();
    private final List<String> paths = new ArrayList<>();

    private Links file(String path) {
      files.add(BencodeWriter.dictionary().put("length", 1).put("path", list(path)));
      paths.add(path);
      return this;
    }

    private Links link(String path, String target) {
      files.add(
          BencodeWriter.dictionary()
              .put("attr", "l")
              .put("length", 5)
              .put("path", list(path))
              .put("symlink path", list(target)));
      paths.add(path);
      return this;
    }

    private static BencodeWriter.ListWriter list(String path) {
      BencodeWriter.ListWriter list = BencodeWriter.list();
      for (String element : path.split("/", -1)) {
        list.add(element);
      }
      return list;
    }

    private Optional<String> target(String path) throws MetainfoException {
      Metainfo metainfo =
          MetainfoParser.parse(
              BencodeWriter.dictionary()
                  .put(
                      "info",
                      BencodeWriter.dictionary()
                          .put("files", files)
                          .put("name", "t")
                          .put("piece length", 16384)
                          .put("pieces", new byte[20]))
                  .encode());
      TorrentFile file = metainfo.files().get(paths.indexOf(path));
      assertThat(file.kind()).isEqualTo(TorrentFile.Kind.SYMLINK);
      assertThat(file.length()).as("a link has no content, whatever it says").isZero();
      return file.symlinkTarget();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "a, t/a",
    "d, t/d",
    "d/f, t/d/f",
    "d/e, t/d/e",
    "l2, t/l2",
    "l2/f, t/l2/f",
    "l3/f, t/l3/f",
    "../a, t/a",
    "d/./f, t/d/f",
    "../../etc/passwd, ''",
    "/etc/passwd, ''",
    "nowhere, ''",
    "a/b, ''",
    "A, ''",
    "t/a, ''"
  })
  void aSymlinkPointsIntoTheTorrentOrNowhere(String target, String expected)
      throws MetainfoException {
    Links links =
        new Links()
            .file("a")
            .file("d/f")
            .file("d/e/g")
            .link("l2", "d")
            .link("l3", "l2")
            .link("link", target);
    assertThat(links.target("link"))
        .isEqualTo(expected.isEmpty() ? Optional.empty() : Optional.of(expected));
  }

  @Test
  void aSymlinkMayBeRelativeToItself() throws MetainfoException {
    assertThat(new Links().file("d/e/f").link("d/l", "e/f").target("d/l")).contains("t/d/e/f");
  }

  @Test
  void circlesOfLinksLeadNowhere() throws MetainfoException {
    Links links = new Links().file("a").link("x", "y/q").link("y", "x/q");
    assertThat(links.target("x")).isEmpty();
    assertThat(links.target("y")).isEmpty();
  }

  @Test
  void aSymlinkWithoutATargetIsAnEmptyFileAndOneOfNumbersIsRefused() throws MetainfoException {
    DictionaryTorrent torrent = new DictionaryTorrent();
    assertThat(MetainfoParser.parse(torrent.with(BencodeWriter.list())).files().getLast())
        .returns(TorrentFile.Kind.REGULAR, TorrentFile::kind)
        .returns(0L, TorrentFile::length);
    assertThatThrownBy(() -> MetainfoParser.parse(torrent.with(BencodeWriter.list().add(1))))
        .isInstanceOf(MetainfoException.class)
        .hasMessage("info.files[1].symlink path[0]: expected a string, found an integer");
  }

  private static final class DictionaryTorrent {
    private byte[] with(BencodeWriter.ListWriter symlinkPath) {
      BencodeWriter.ListWriter files =
          BencodeWriter.list()
              .add(
                  BencodeWriter.dictionary()
                      .put("length", 1)
                      .put("path", BencodeWriter.list().add("a")))
              .add(
                  BencodeWriter.dictionary()
                      .put("attr", "l")
                      .put("path", BencodeWriter.list().add("b"))
                      .put("symlink path", symlinkPath));
      return BencodeWriter.dictionary()
          .put(
              "info",
              BencodeWriter.dictionary()
                  .put("files", files)
                  .put("name", "t")
                  .put("piece length", 16384)
                  .put("pieces", new byte[20]))
          .encode();
    }
  }
}
