package dev.piecework.layout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.piecework.metainfo.Metainfo;
import dev.piecework.metainfo.TorrentFile;
import dev.piecework.metainfo.TorrentMaker;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class ObjectLayoutTest {
  private static final long MIB = 1L << 20;
  private static final long GIB = 1L << 30;

  @ParameterizedTest
  @MethodSource("dev.piecework.layout.RandomTorrents#seeds")
  void partsTileTheirObjectInOrder(int seed) {
    for (StoredObject object : ObjectLayout.of(RandomTorrents.of(seed), "").objects()) {
      long at = object.offset();
      for (int number = 1; number <= object.partCount(); number++) {
        Part part = object.part(number);
        assertThat(part.object()).isEqualTo(object.index());
        assertThat(part.number()).isEqualTo(number);
        assertThat(part.offset()).isEqualTo(at);
        if (number < object.partCount()) {
          assertThat(part.length()).isEqualTo(object.partSize());
        } else if (object.length() > 0) {
          assertThat(part.length()).isBetween(1L, object.partSize());
        }
        at += part.length();
      }
      assertThat(at).isEqualTo(object.offset() + object.length());
    }
  }

  @ParameterizedTest
  @MethodSource("dev.piecework.layout.RandomTorrents#seeds")
  void everyRegularFileIsOneObjectAndNothingElseIs(int seed) {
    Metainfo metainfo = RandomTorrents.of(seed);
    List<TorrentFile> regular =
        metainfo.files().stream().filter(file -> file.kind() == TorrentFile.Kind.REGULAR).toList();

    List<StoredObject> objects = ObjectLayout.of(metainfo, "prefix/").objects();

    assertThat(objects).hasSameSizeAs(regular);
    for (int i = 0; i < objects.size(); i++) {
      TorrentFile file = regular.get(i);
      assertThat(objects.get(i).index()).isEqualTo(i);
      assertThat(objects.get(i).fileIndex()).isEqualTo(file.index());
      assertThat(objects.get(i).key()).isEqualTo("prefix/" + file.path());
      assertThat(objects.get(i).offset()).isEqualTo(file.offset());
      assertThat(objects.get(i).length()).isEqualTo(file.length());
    }
  }

  @ParameterizedTest
  @MethodSource("dev.piecework.layout.RandomTorrents#seeds")
  void bundlesHoldEveryPartOnceInLinearOrder(int seed) {
    ObjectLayout layout = ObjectLayout.of(RandomTorrents.of(seed), "");
    List<Part> parts =
        layout.objects().stream()
            .flatMap(object -> IntStream.rangeClosed(1, object.partCount()).mapToObj(object::part))
            .toList();

    assertThat(layout.bundles().stream().flatMap(bundle -> bundle.parts().stream()).toList())
        .isEqualTo(parts);
    assertThat(layout.bundles())
        .extracting(Bundle::index)
        .isEqualTo(IntStream.range(0, layout.bundles().size()).boxed().toList());
  }

  @ParameterizedTest
  @MethodSource("dev.piecework.layout.RandomTorrents#seeds")
  void thePiecesOfABundleAreExactlyThoseOverItsParts(int seed) {
    Metainfo metainfo = RandomTorrents.of(seed);
    ObjectLayout layout = ObjectLayout.of(metainfo, "");
    for (Bundle bundle : layout.bundles()) {
      List<Part> parts = bundle.parts().stream().filter(part -> part.length() > 0).toList();
      if (parts.isEmpty()) {
        assertThat(bundle.lastPiece()).isLessThan(bundle.firstPiece());
        continue;
      }
      assertThat(bundle.firstPiece()).isEqualTo(layout.firstPiece(parts.getFirst()));
      assertThat(bundle.lastPiece()).isEqualTo(layout.lastPiece(parts.getLast()));
      long last = parts.getLast().offset() + parts.getLast().length() - 1;
      assertThat(metainfo.pieceOffset(bundle.firstPiece()))
          .isLessThanOrEqualTo(parts.getFirst().offset());
      assertThat(
              metainfo.pieceOffset(bundle.lastPiece()) + metainfo.pieceLength(bundle.lastPiece()))
          .isGreaterThan(last);
    }
  }

  @ParameterizedTest
  @MethodSource("dev.piecework.layout.RandomTorrents#seeds")
  void bundlesStayWithinAboutAPartAndTwoPieces(int seed) {
    Metainfo metainfo = RandomTorrents.of(seed);
    ObjectLayout layout = ObjectLayout.of(metainfo, "");
    long largestPart = layout.objects().stream().mapToLong(StoredObject::partSize).max().orElse(0);
    for (Bundle bundle : layout.bundles()) {
      long pieces = bundle.lastPiece() - bundle.firstPiece() + 1L;
      // Up to the limit less a byte, then padding to the next piece, then a whole part.
      assertThat(pieces * metainfo.pieceLength())
          .isLessThanOrEqualTo(
              ObjectLayout.MIN_PART_SIZE + largestPart + 3L * metainfo.pieceLength());
    }
  }

  @Test
  void smallFilesApartByPaddingAreNotOneBundleOfHundredsOfPieces() {
    int pieceLength = (int) (4 * MIB);
    TorrentMaker maker = new TorrentMaker(pieceLength);
    for (int i = 0; i < 500; i++) {
      maker.file(1000, "file " + i).pad(pieceLength - 1000);
    }

    ObjectLayout layout = ObjectLayout.of(maker.parse(), "");

    assertThat(layout.bundles())
        .allSatisfy(
            bundle -> assertThat(bundle.lastPiece() - bundle.firstPiece()).isLessThanOrEqualTo(2));
  }

  @Test
  void threeThousandTinyFilesShareBundlesAndPieces() {
    TorrentMaker maker = new TorrentMaker(16384);
    for (int i = 0; i < 3000; i++) {
      maker.file(i % 10, "file " + i);
    }

    ObjectLayout layout = ObjectLayout.of(maker.parse(), "");

    assertThat(layout.objects()).hasSize(3000).allMatch(StoredObject::single);
    assertThat(layout.bundles()).hasSize(1);
    assertThat(layout.bundles().getFirst().parts()).hasSize(3000);
    assertThat(layout.bundles().getFirst().firstPiece()).isZero();
    assertThat(layout.bundles().getFirst().lastPiece()).isZero();
  }

  @ParameterizedTest
  @CsvSource({
    "0, 8388608, 1",
    "1, 8388608, 1",
    "8388608, 8388608, 1",
    "8388609, 8388608, 2",
    "83886080000, 8388608, 10000",
    "83886080001, 9437184, 8889",
    "1099511627776, 110100480, 9987",
    "17592186028031, 1759510528, 9999"
  })
  void partsAreWholeMebibytesAndTenThousandAtMost(long length, long partSize, int count) {
    assertThat(ObjectLayout.partSize(length)).isEqualTo(partSize);
    StoredObject object = new StoredObject(0, 0, "key", 0, length, partSize);
    assertThat(object.partCount()).isEqualTo(count).isLessThanOrEqualTo(ObjectLayout.MAX_PARTS);
    Part last = object.part(count);
    assertThat(last.offset() + last.length()).isEqualTo(length);
  }

  @Test
  void aFileBeyond78GibibytesHasLargerParts() {
    Metainfo metainfo = TorrentMaker.single("big", 100 * GIB, (int) (16 * MIB));

    ObjectLayout layout = ObjectLayout.of(metainfo, "");

    StoredObject object = layout.objects().getFirst();
    assertThat(object.partSize()).isEqualTo(11 * MIB);
    assertThat(object.partCount()).isEqualTo(9310);
    assertThat(layout.bundles()).hasSize(9310);
    assertThat(layout.bundles().getLast().lastPiece()).isEqualTo(metainfo.pieceCount() - 1);
  }

  @Test
  void anEmptyFileIsAnObjectOfOneEmptyPartOverNoPiece() {
    Metainfo metainfo = new TorrentMaker(16384).file(16384, "a").file(0, "b").parse();

    ObjectLayout layout = ObjectLayout.of(metainfo, "");

    Part empty = layout.part(1, 1);
    assertThat(empty.length()).isZero();
    assertThat(layout.objects().get(1).single()).isTrue();
    assertThat(layout.lastPiece(empty)).isLessThan(layout.firstPiece(empty));
  }

  @Test
  void keysMayHave1024BytesOfUtf8AndNotOneMore() {
    Metainfo metainfo = TorrentMaker.single("é", 1, 16384);

    assertThat(ObjectLayout.of(metainfo, "p".repeat(1022)).objects()).hasSize(1);
    assertThatThrownBy(() -> ObjectLayout.of(metainfo, "p".repeat(1023)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("1025 bytes")
        .hasMessageContaining("shorten the prefix");
  }

  @Test
  void partNumbersOutsideAreRefused() {
    StoredObject object = new StoredObject(0, 0, "key", 0, 10, ObjectLayout.MIN_PART_SIZE);
    assertThatThrownBy(() -> object.part(0)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> object.part(2)).isInstanceOf(IndexOutOfBoundsException.class);
  }
}
