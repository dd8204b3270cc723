package dev.piecework.metainfo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.bencode.BencodeWriter;
import dev.piecework.bencode.BencodeWriter.DictionaryWriter;
import dev.piecework.message.JobRules;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Rules of v1 torrents, in the order in which the parser checks them. */
class MetainfoParserTest {
  private static DictionaryWriter info() {
    return BencodeWriter.dictionary()
        .put("length", 100)
        .put("name", "name")
        .put("piece length", 16384)
        .put("pieces", new byte[20]);
  }

  private static DictionaryWriter file(long length, String... path) {
    BencodeWriter.ListWriter elements = BencodeWriter.list();
    List.of(path).forEach(elements::add);
    return BencodeWriter.dictionary().put("length", length).put("path", elements);
  }

  private static DictionaryWriter files(DictionaryWriter... files) {
    BencodeWriter.ListWriter list = BencodeWriter.list();
    for (DictionaryWriter file : files) {
      list.add(file);
    }
    return BencodeWriter.dictionary()
        .put("files", list)
        .put("name", "name")
        .put("piece length", 16384)
        .put("pieces", new byte[20]);
  }

  private static byte[] torrent(DictionaryWriter info) {
    return BencodeWriter.dictionary().put("info", info).encode();
  }

  private static Metainfo parse(DictionaryWriter info) throws MetainfoException {
    return MetainfoParser.parse(torrent(info));
  }

  private static MetainfoException refusal(byte[] torrent) {
    try {
      throw new AssertionError("accepted " + MetainfoParser.parse(torrent).infoHash());
    } catch (MetainfoException e) {
      return e;
    }
  }

  private static void assertRefused(DictionaryWriter info, MetainfoError error, String message) {
    assertThat(refusal(torrent(info)))
        .returns(error, MetainfoException::error)
        .hasMessageStartingWith(message);
  }

  private static byte[] latin1(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"i01800e", "i-0e", "i18446744073709551615e"})
  void aNumberThatNothingHangsOnDiscardsNothing(String number) throws Exception {
    byte[] odd = latin1(number);
    byte[] info =
        info().putEncoded("source", BencodeWriter.list().addEncoded(odd).encode()).encode();
    byte[] torrent =
        BencodeWriter.dictionary()
            .putEncoded("creation date", odd)
            .putEncoded("info", info)
            .encode();

    Metainfo metainfo = MetainfoParser.parse(torrent);

    assertThat(metainfo.totalLength()).isEqualTo(100);
    assertThat(metainfo.infoHash().bytes())
        .isEqualTo(MessageDigest.getInstance("SHA-1").digest(info));
  }

  @Test
  void privateIsWhatTheNumberMeansHoweverItIsWritten() throws MetainfoException {
    assertThat(parse(info().putEncoded("private", latin1("i-0e"))).privateTorrent()).isFalse();
    assertThat(parse(info().putEncoded("private", latin1("i01e"))).privateTorrent()).isTrue();
  }

  @Test
  void aNumberThatBytesDependOnHasOneForm() {
    assertRefused(
        info().putEncoded("piece length", latin1("i016384e")),
        MetainfoError.INVALID_PIECE_LENGTH,
        "info.piece length: expected an integer, found an integer with a leading zero");
    assertRefused(
        info().putEncoded("length", latin1("i0100e")),
        MetainfoError.INVALID_LENGTH,
        "info.length: expected an integer, found an integer with a leading zero");
    assertRefused(
        info().putEncoded("meta version", latin1("i01e")),
        MetainfoError.NOT_BENCODED,
        "info with a meta version must be canonical bencoding");
  }

  @Test
  void theInfoHashIsOverTheBytesAsReceived() throws Exception {
    // Keys unsorted and one twice: encoding it again would give another hash.
    byte[] info =
        latin1(
            "d4:name1:n6:lengthi5e6:lengthi6e12:piece lengthi16384e6:pieces20:"
                + "h".repeat(20)
                + "e");
    byte[] torrent = latin1("d4:info" + latin1Text(info) + "e");

    Metainfo metainfo = MetainfoParser.parse(torrent);

    assertThat(metainfo.infoHash().bytes())
        .isEqualTo(MessageDigest.getInstance("SHA-1").digest(info));
    assertThat(metainfo.rawInfo()).isEqualTo(info);
    assertThat(metainfo.totalLength()).as("the first of a repeated key").isEqualTo(5);
  }

  private static String latin1Text(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  @Test
  void anInfoDictionaryFromPeersGivesTheSameTorrent() throws MetainfoException {
    byte[] info = info().encode();

    Metainfo metainfo =
        MetainfoParser.parseInfo(
            info, List.of("udp://t:1", "nonsense", "udp://t:1"), List.of("http://w/"));

    assertThat(metainfo.infoHash()).isEqualTo(parse(info()).infoHash());
    assertThat(metainfo.trackers()).containsExactly(List.of("udp://t:1"));
    assertThat(metainfo.webSeeds()).containsExactly("http://w/");
    for (byte[] wrong : List.of(latin1("le"), Arrays.copyOf(info, info.length + 1))) {
      try {
        MetainfoParser.parseInfo(wrong, List.of(), List.of());
        throw new AssertionError("accepted");
      } catch (MetainfoException e) {
        assertThat(e.error()).isEqualTo(MetainfoError.MISSING_INFO);
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'' | NOT_BENCODED",
        "<html> | NOT_BENCODED",
        "le | NOT_BENCODED",
        "i1e | NOT_BENCODED",
        "d4:info | NOT_BENCODED",
        "de | MISSING_INFO",
        "d4:infolee | MISSING_INFO",
        "d4:info4:infoe | MISSING_INFO",
      })
  void refusesWhatIsNoTorrentFile(String text, MetainfoError error) {
    assertThat(refusal(latin1(text)).error()).isEqualTo(error);
  }

  @Test
  void bytesBehindTheFileAreIgnored() throws MetainfoException {
    byte[] torrent = torrent(info());
    byte[] withLineBreak = Arrays.copyOf(torrent, torrent.length + 1);
    withLineBreak[torrent.length] = '\n';
    assertThat(MetainfoParser.parse(withLineBreak).totalLength()).isEqualTo(100);
  }

  @Test
  void refusesFilesOfMoreThan10Mebibytes() {
    int most = 10 * 1024 * 1024;
    assertThat(refusal(new byte[most + 1]))
        .returns(MetainfoError.LIMIT_EXCEEDED, MetainfoException::error)
        .hasMessageContaining("at most " + most);
  }

  @Test
  void takesFilesOfUpTo10MebibytesInlineToo() throws Exception {
    byte[] torrent = new byte[10 * 1024 * 1024];
    byte[] start = torrent(info());
    System.arraycopy(start, 0, torrent, 0, start.length);

    assertThat(JobRules.MAX_INLINE_BYTES).isEqualTo(torrent.length);
    assertThat(MetainfoParser.parse(torrent).totalLength()).isEqualTo(100);
  }

  @ParameterizedTest
  @ValueSource(longs = {0, -1, 32767L * 16384 + 1, 1L << 30, 1L << 40})
  void refusesPieceLengthsOutOfRange(long length) {
    assertRefused(
        info().put("piece length", length),
        MetainfoError.INVALID_PIECE_LENGTH,
        "info.piece length: " + length + " bytes, expected 1 to 536854528");
  }

  @Test
  void readsTheLongestPiece() throws MetainfoException {
    assertThat(parse(info().put("piece length", 32767 * 16384)).pieceCount()).isEqualTo(1);
  }

  @Test
  void refusesFieldsOfTheWrongTypeAndSaysWhichAndWhat() {
    assertRefused(
        info().put("piece length", "x"),
        MetainfoError.INVALID_PIECE_LENGTH,
        "info.piece length: expected an integer, found a string");
    assertRefused(
        info().put("name", 1),
        MetainfoError.MISSING_NAME,
        "info.name: expected a string, found an integer");
    assertRefused(
        info().put("length", "x"),
        MetainfoError.INVALID_LENGTH,
        "info.length: expected an integer, found a string");
    assertRefused(info().put("length", -1), MetainfoError.INVALID_LENGTH, "info.length: -1 bytes");
    assertRefused(
        info().put("pieces", 1),
        MetainfoError.MISSING_PIECES,
        "info.pieces: expected a string, found an integer");
    assertRefused(
        info().put("pieces", new byte[21]),
        MetainfoError.INVALID_PIECES,
        "info.pieces: 21 bytes, expected 1 hashes of 20 bytes");
    assertRefused(
        files(file(1, "a"), file(2, "b").put("path", BencodeWriter.list().add("c").add(7))),
        MetainfoError.INVALID_NAME,
        "info.files[1].path[1]: expected a string, found an integer");
    assertRefused(
        files(file(1, "a"), file(2, "b").put("path", "b")),
        MetainfoError.MISSING_NAME,
        "info.files[1].path: expected a list of strings, found a string");
    assertRefused(
        files(file(1, "a"), file(-2, "b")), MetainfoError.INVALID_LENGTH, "info.files[1].length");
    assertRefused(
        files(file(1)), MetainfoError.MISSING_NAME, "info.files[0].path: expected a list");
    assertRefused(
        info().put("files", BencodeWriter.list().add(1)),
        MetainfoError.INVALID_FILE,
        "info.files[0]: expected a dictionary, found an integer");
    assertRefused(files(), MetainfoError.NO_FILES, "info.files: empty");
  }

  @Test
  void refusesTorrentsOfNothing() {
    assertRefused(
        info().put("length", 0).put("pieces", ""), MetainfoError.INVALID_LENGTH, "info: all");
    assertRefused(
        files(file(0, "a"), file(0, "b")).put("pieces", ""),
        MetainfoError.INVALID_LENGTH,
        "info: all");
  }

  @Test
  void refusesMoreThan2097152Pieces() throws MetainfoException {
    byte[] hashes = new byte[20 * 400_000];
    assertThat(
            parse(info().put("length", 400_000).put("piece length", 1).put("pieces", hashes))
                .pieceCount())
        .isEqualTo(400_000);
    assertRefused(
        info().put("length", 2_097_153).put("piece length", 1),
        MetainfoError.LIMIT_EXCEEDED,
        "info.piece length: 2097153 bytes in pieces of 1 would be 2097153 pieces");
  }

  @Test
  void refusesLengthsThatOverflow() {
    long most = (1L << 30) * 16384 - 16384 - 1;
    assertRefused(info().put("length", most + 1), MetainfoError.INVALID_LENGTH, "info.length: ");
    DictionaryWriter[] many = new DictionaryWriter[17];
    Arrays.setAll(many, i -> file(most, "f" + i));
    assertRefused(files(many), MetainfoError.INVALID_LENGTH, "info.files[16]: with its");
  }

  @Test
  void refusesPathsOfMoreThan100Elements() throws MetainfoException {
    String[] deep = new String[100];
    Arrays.fill(deep, "d");
    assertThat(parse(files(file(1, deep))).files()).hasSize(1);
    String[] deeper = Arrays.copyOf(deep, 101);
    deeper[100] = "d";
    assertRefused(
        files(file(1, deeper)),
        MetainfoError.LIMIT_EXCEEDED,
        "info.files[0].path[100]: more than 100 path elements");
  }

  @Test
  void fileListsWinOverLengthAndUtf8OverOtherEncodings() throws MetainfoException {
    Metainfo metainfo =
        parse(
            files(
                    file(1, "latin").put("path.utf-8", BencodeWriter.list().add("é")),
                    file(2, "b").put("path.utf-8", "no list"))
                .put("length", 77)
                .put("name.utf-8", "ü"));

    assertThat(metainfo.name()).isEqualTo("ü");
    assertThat(metainfo.multiFile()).isTrue();
    assertThat(metainfo.totalLength()).isEqualTo(3);
    assertThat(metainfo.files()).extracting(TorrentFile::path).containsExactly("ü/é", "ü/b");
    assertThat(metainfo.files()).extracting(TorrentFile::offset).containsExactly(0L, 1L);
  }

  @Test
  void aFolderWithoutAUsableNameIsNamedByTheInfoHashAndASingleFileIsRefused()
      throws MetainfoException {
    for (String name : List.of("", "..", "//")) {
      Metainfo metainfo = parse(files(file(1, "a")).put("name", name));
      assertThat(metainfo.name()).isEqualTo(metainfo.infoHash().hex());
      assertThat(metainfo.files().getFirst().path()).isEqualTo(metainfo.name() + "/a");
      assertRefused(info().put("name", name), MetainfoError.MISSING_NAME, "info.name: nothing");
    }
  }

  @Test
  void padFilesAreKnownByAttributeAndByBitcometsName() throws MetainfoException {
    Metainfo metainfo =
        parse(
            files(
                file(1, "a"),
                file(2, "x").put("attr", "xp"),
                BencodeWriter.dictionary().put("attr", "p").put("length", 3),
                file(4, "_____padding_file_0_if you see this file_____"),
                file(5, "padding_file")));

    assertThat(metainfo.files())
        .extracting(TorrentFile::kind)
        .containsExactly(
            TorrentFile.Kind.REGULAR,
            TorrentFile.Kind.PAD,
            TorrentFile.Kind.PAD,
            TorrentFile.Kind.PAD,
            TorrentFile.Kind.REGULAR);
    assertThat(metainfo.files().get(2).path()).isEqualTo("name/.pad/3");
    assertThat(metainfo.totalLength()).isEqualTo(15);
  }

  @Test
  void privateIsAnyNumberButZero() throws MetainfoException {
    assertThat(parse(info()).privateTorrent()).isFalse();
    assertThat(parse(info().put("private", 0)).privateTorrent()).isFalse();
    assertThat(parse(info().put("private", 1)).privateTorrent()).isTrue();
    assertThat(parse(info().put("private", 2)).privateTorrent()).isTrue();
    assertThat(parse(info().put("private", "1")).privateTorrent()).isFalse();
  }

  @Test
  void commentsAndMakersAreReadAsTheyCanBe() throws MetainfoException {
    Metainfo metainfo =
        MetainfoParser.parse(
            BencodeWriter.dictionary()
                .put("info", info())
                .put("comment", new byte[] {'a', (byte) 0xff})
                .put("comment.utf-8", "")
                .put("created by", 1)
                .encode());
    assertThat(metainfo.comment()).contains("a_");
    assertThat(metainfo.createdBy()).isEmpty();
  }

  @Test
  void messagesStayShortWhateverTheNames() {
    MetainfoException refusal = new MetainfoException(MetainfoError.INVALID_V2, "x".repeat(20_000));
    assertThat(refusal.getMessage()).hasSizeLessThan(520);
  }
}
