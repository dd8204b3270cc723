package dev.piecework.metainfo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.bencode.BencodeWriter;
import dev.piecework.bencode.BencodeWriter.DictionaryWriter;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Hybrids (BEP 52) are taken as v1, but only if their v2 part is sound: each refusal here is one of
 * libtorrent's too. The example has a file of three pieces, an empty one, and one below a folder.
 */
class HybridTest {
  private static final int PIECE = 32768;
  private static final int LONG = 2 * PIECE + 100;

  private final byte[] layer = layer();
  private final byte[] longRoot = root(layer);
  private final byte[] shortRoot = sha256(new byte[] {7});
  private DictionaryWriter longFile =
      BencodeWriter.dictionary().put("length", LONG).put("pieces root", longRoot);
  private final DictionaryWriter tree =
      BencodeWriter.dictionary()
          .put("b", node(BencodeWriter.dictionary().put("length", 0)))
          .put(
              "c",
              BencodeWriter.dictionary()
                  .put(
                      "d",
                      node(
                          BencodeWriter.dictionary()
                              .put("length", 10)
                              .put("pieces root", shortRoot))));
  private final DictionaryWriter info =
      BencodeWriter.dictionary()
          .put("meta version", 2)
          .put("name", "root")
          .put("piece length", PIECE)
          .put("files", v1Files("a", LONG, true))
          .put("pieces", new byte[4 * 20]);
  private final DictionaryWriter layers =
      BencodeWriter.dictionary().putEncoded(longRoot, string(layer));

  private static DictionaryWriter node(DictionaryWriter file) {
    return BencodeWriter.dictionary().put("", file);
  }

  private static BencodeWriter.ListWriter v1Files(String first, int length, boolean tailPadding) {
    BencodeWriter.ListWriter files =
        BencodeWriter.list()
            .add(v1File(length, first))
            .add(v1File(3 * PIECE - length, ".pad", "1").put("attr", "p"))
            .add(v1File(0, "b"))
            .add(v1File(10, "c", "d"));
    return tailPadding ? files.add(v1File(PIECE - 10, "whatever").put("attr", "p")) : files;
  }

  private static DictionaryWriter v1File(long length, String... path) {
    BencodeWriter.ListWriter elements = BencodeWriter.list();
    List.of(path).forEach(elements::add);
    return BencodeWriter.dictionary().put("length", length).put("path", elements);
  }

  private static byte[] layer() {
    byte[] layer = new byte[3 * Sha256.LENGTH];
    for (int i = 0; i < 3; i++) {
      System.arraycopy(sha256(new byte[] {(byte) i}), 0, layer, i * 32, 32);
    }
    return layer;
  }

  /** The tree over three pieces of two blocks, written out. */
  private static byte[] root(byte[] layer) {
    byte[] emptyPiece = sha256(new byte[64]);
    byte[] left = sha256(Arrays.copyOf(layer, 64));
    byte[] right = sha256(join(Arrays.copyOfRange(layer, 64, 96), emptyPiece));
    return sha256(join(left, right));
  }

  private static byte[] join(byte[] left, byte[] right) {
    byte[] joined = Arrays.copyOf(left, left.length + right.length);
    System.arraycopy(right, 0, joined, left.length, right.length);
    return joined;
  }

  private static byte[] sha256(byte[] bytes) {
    MessageDigest digest = Sha256.digest();
    return digest.digest(bytes);
  }

  private static byte[] string(byte[] content) {
    byte[] list = BencodeWriter.list().add(content).encode();
    return Arrays.copyOfRange(list, 1, list.length - 1);
  }

  private byte[] torrent() {
    return BencodeWriter.dictionary()
        .put("info", info.put("file tree", tree.put("a", node(longFile))))
        .put("piece layers", layers)
        .encode();
  }

  private void assertRefused(MetainfoError error, String message) {
    try {
      throw new AssertionError("accepted " + MetainfoParser.parse(torrent()).infoHash());
    } catch (MetainfoException e) {
      assertThat(e).returns(error, MetainfoException::error).hasMessageContaining(message);
    }
  }

  @Test
  void aSoundHybridIsReadAsV1() throws MetainfoException {
    Metainfo metainfo = MetainfoParser.parse(torrent());

    assertThat(metainfo.totalLength()).isEqualTo(4 * PIECE);
    assertThat(metainfo.pieceCount()).isEqualTo(4);
    assertThat(metainfo.files())
        .extracting(TorrentFile::path)
        .containsExactly("root/a", "root/.pad/1", "root/b", "root/c/d", "root/whatever");
  }

  @Test
  void theLastPadFileMayBeMissing() throws MetainfoException {
    info.put("files", v1Files("a", LONG, false));
    assertThat(MetainfoParser.parse(torrent()).totalLength()).isEqualTo(3 * PIECE + 10);
  }

  @Test
  void pieceLayersMayBeMissing() throws MetainfoException {
    byte[] torrent = BencodeWriter.dictionary().put("info", infoOnly()).encode();
    assertThat(MetainfoParser.parse(torrent).pieceCount()).isEqualTo(4);
  }

  private DictionaryWriter infoOnly() {
    return info.put("file tree", tree.put("a", node(longFile)));
  }

  @Test
  void withoutV1HashesItIsV2Only() {
    // Nothing takes a key away again, so the fields of v1 get types that count as absent.
    info.put("files", 1).put("pieces", 1);
    assertRefused(MetainfoError.V2_ONLY, "expected info.pieces");
    info.put("files", v1Files("a", LONG, true));
    assertRefused(MetainfoError.V2_ONLY, "expected info.pieces");
  }

  @Test
  void bothPartsMustHaveTheSameFiles() {
    info.put("files", v1Files("z", LONG, true));
    assertRefused(MetainfoError.INVALID_V2, "info.files[0]: root/z of 65636 bytes, but");
    info.put("files", v1Files("a", LONG - 1, true));
    assertRefused(MetainfoError.INVALID_V2, "info.files[0]: root/a of 65635 bytes, but");
    info.put("files", v1Files("a", LONG, true).add(v1File(0, "e")));
    assertRefused(MetainfoError.INVALID_V2, "5 files with padding, info.files has 6");
    info.put("files", v1Files("a", LONG, false).add(v1File(7, "e")));
    assertRefused(MetainfoError.INVALID_V2, "bytes, info.files has");
  }

  @Test
  void aFileNeedsARoot() {
    for (byte[] root : List.of(new byte[32], new byte[31], new byte[0])) {
      longFile = BencodeWriter.dictionary().put("length", LONG).put("pieces root", root);
      assertRefused(MetainfoError.INVALID_V2, "info.file tree/a.pieces root");
    }
    longFile = BencodeWriter.dictionary().put("length", LONG);
    assertRefused(MetainfoError.INVALID_V2, "a string of 32 bytes, found nothing");
  }

  @Test
  void lengthsAreCheckedAsInV1() {
    longFile = BencodeWriter.dictionary().put("length", -1).put("pieces root", longRoot);
    assertRefused(MetainfoError.INVALID_LENGTH, "info.file tree/a.length: -1 bytes");
    longFile = BencodeWriter.dictionary().put("length", 1L << 50).put("pieces root", longRoot);
    assertRefused(MetainfoError.INVALID_LENGTH, "info.file tree/a.length");
  }

  @Test
  void padFilesAreNotForTheTree() {
    longFile.put("attr", "p");
    assertRefused(MetainfoError.INVALID_V2, "a pad file");
  }

  @Test
  void everythingInTheTreeIsADictionary() {
    tree.put("c", 1);
    assertRefused(MetainfoError.INVALID_V2, "info.file tree/c: expected a dictionary");
    tree.put("c", BencodeWriter.dictionary().put("", 1));
    assertRefused(MetainfoError.INVALID_V2, "info.file tree/c: expected a dictionary");
    tree.put("c", BencodeWriter.dictionary().put("", longFile).put("x", longFile));
    assertRefused(MetainfoError.INVALID_V2, "an empty name");
  }

  @Test
  void foldersMayBeAsDeepAsBencodingMay() {
    DictionaryWriter deep = node(longFile);
    for (int i = 0; i < 95; i++) {
      deep = BencodeWriter.dictionary().put("d", deep);
    }
    tree.put("c", deep);
    assertRefused(MetainfoError.INVALID_V2, "bytes, info.files has");
    tree.put("c", BencodeWriter.dictionary().put("d", deep));
    assertRefused(MetainfoError.LIMIT_EXCEEDED, "inside each other");
  }

  @ParameterizedTest
  @ValueSource(ints = {8192, 49152, 16383})
  void pieceLengthsArePowersOfTwoFrom16KiB(int length) {
    info.put("piece length", length);
    assertRefused(MetainfoError.INVALID_PIECE_LENGTH, "expected a power of two of at least 16384");
  }

  @Test
  void versionsAndTreesBelongTogether() {
    info.put("meta version", 3);
    assertRefused(MetainfoError.INVALID_V2, "info.meta version: 3, expected 2 at most");
    info.put("meta version", 1);
    assertRefused(MetainfoError.INVALID_V2, "expected 2 beside a file tree");
    info.put("meta version", "2");
    assertRefused(MetainfoError.INVALID_V2, "expected 2 beside a file tree");
  }

  @Test
  void withAVersionTheInfoDictionaryIsCanonical() {
    byte[] unsorted = "d1:b0:1:a0:e".getBytes(StandardCharsets.US_ASCII);
    info.putEncoded("x", unsorted);
    assertRefused(MetainfoError.NOT_BENCODED, "must be canonical bencoding: keys are not sorted");
    info.put("meta version", 1);
    assertRefused(MetainfoError.NOT_BENCODED, "must be canonical bencoding: keys are not sorted");
  }

  @Test
  void aPieceLayerMustFitItsFile() {
    byte[] flipped = layer.clone();
    flipped[50] ^= 1;
    layers.putEncoded(longRoot, string(flipped));
    assertRefused(MetainfoError.INVALID_V2, "do not lead to the root of root/a");
    layers.putEncoded(longRoot, string(Arrays.copyOf(layer, 64)));
    assertRefused(MetainfoError.INVALID_V2, "64 bytes, expected 3 hashes of 32 bytes");
    layers.putEncoded(longRoot, string(Arrays.copyOf(layer, 95)));
    assertRefused(MetainfoError.INVALID_V2, "95 bytes, expected 3 hashes of 32 bytes");
    layers.put("x", 1);
    assertRefused(MetainfoError.INVALID_V2, "expected 3 hashes");
  }

  @Test
  void aPieceLayerOfNoFileOrOfAShortOneIsRefused() {
    layers.putEncoded(shortRoot, string(new byte[32]));
    assertRefused(MetainfoError.INVALID_V2, "expected the root of a file longer than one piece");
  }
}
