package dev.piecework.layout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.piecework.metainfo.Metainfo;
import dev.piecework.metainfo.TorrentMaker;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SegmentsTest {
  @ParameterizedTest
  @MethodSource("dev.piecework.layout.RandomTorrents#seeds")
  void segmentsTileThePieces(int seed) {
    Metainfo metainfo = RandomTorrents.of(seed);
    Segments segments = new Segments(metainfo);
    int next = 0;
    long total = 0;
    for (int segment = 0; segment < segments.count(); segment++) {
      assertThat(segments.firstPiece(segment)).isEqualTo(next);
      long at = 0;
      for (int piece = next; piece <= segments.lastPiece(segment); piece++) {
        assertThat(segments.of(piece)).isEqualTo(segment);
        assertThat(segments.offsetInSegment(piece)).isEqualTo(at);
        at += metainfo.pieceLength(piece);
      }
      assertThat(segments.length(segment)).isEqualTo(at);
      assertThat(at).isLessThanOrEqualTo(Segments.MAX_LENGTH);
      next = segments.lastPiece(segment) + 1;
      total += at;
    }
    assertThat(next).isEqualTo(metainfo.pieceCount());
    assertThat(total).isEqualTo(metainfo.totalLength());
  }

  @Test
  void aPieceLongerThanASegmentIsASegment() {
    Segments segments = new Segments(TorrentMaker.single("x", 300 * (1 << 20), 100 * (1 << 20)));
    assertThat(segments.count()).isEqualTo(3);
    assertThat(segments.length(1)).isEqualTo(100 * (1 << 20));
    assertThat(segments.of(2)).isEqualTo(2);
    assertThatThrownBy(() -> segments.of(3)).isInstanceOf(IndexOutOfBoundsException.class);
  }
}
