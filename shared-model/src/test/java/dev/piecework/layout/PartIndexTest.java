package dev.piecework.layout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.piecework.metainfo.Metainfo;
import dev.piecework.metainfo.TorrentMaker;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PartIndexTest {
  @ParameterizedTest
  @MethodSource("dev.piecework.layout.RandomTorrents#seeds")
  void partsOverAPieceAreThoseThatShareAByteWithIt(int seed) {
    Metainfo metainfo = RandomTorrents.of(seed);
    ObjectLayout layout = ObjectLayout.of(metainfo, "");
    PartIndex index = new PartIndex(layout);
    Set<Part> found = new HashSet<>();
    for (int piece = 0; piece < metainfo.pieceCount(); piece++) {
      List<Part> parts = index.partsOver(piece);
      for (Part part : parts) {
        assertThat(piece).isBetween(layout.firstPiece(part), layout.lastPiece(part));
      }
      assertThat(parts).doesNotHaveDuplicates();
      found.addAll(parts);
    }
    int pairs = 0;
    int expectedPairs = 0;
    for (int piece = 0; piece < metainfo.pieceCount(); piece++) {
      pairs += index.partsOver(piece).size();
    }
    for (int ordinal = 0; ordinal < index.partCount(); ordinal++) {
      Part part = index.part(ordinal);
      assertThat(index.ordinal(part)).isEqualTo(ordinal);
      assertThat(found.contains(part)).isEqualTo(part.length() > 0);
      expectedPairs += layout.lastPiece(part) - layout.firstPiece(part) + 1;
    }
    assertThat(pairs).isEqualTo(expectedPairs);
  }

  @Test
  void aPieceOfPaddingAloneHasNoParts() {
    Metainfo metainfo = new TorrentMaker(16384).file(5, "a").pad(40_000).file(1, "b").parse();
    PartIndex index = new PartIndex(ObjectLayout.of(metainfo, ""));

    assertThat(index.partsOver(0)).hasSize(1);
    assertThat(index.partsOver(1)).isEmpty();
    assertThat(index.partsOver(2)).extracting(Part::object).containsExactly(1);
    assertThatThrownBy(() -> index.partsOver(3)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> index.part(2)).isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void aLongPieceLiesOverSeveralPartsOfOneObject() {
    Metainfo metainfo = TorrentMaker.single("x", 60 << 20, 32 << 20);
    PartIndex index = new PartIndex(ObjectLayout.of(metainfo, ""));

    assertThat(index.partsOver(0)).extracting(Part::number).containsExactly(1, 2, 3, 4);
    assertThat(index.partsOver(1)).extracting(Part::number).containsExactly(5, 6, 7, 8);
  }
}
