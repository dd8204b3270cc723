package dev.piecework.layout;

import dev.piecework.metainfo.Metainfo;
import dev.piecework.metainfo.TorrentMaker;
import java.util.Random;
import java.util.stream.IntStream;

/** Torrents to hold layouts against; a seed names one, and stands in the name of the test. */
final class RandomTorrents {
  private RandomTorrents() {}

  static IntStream seeds() {
    return IntStream.range(0, 60);
  }

  /** Files of all sizes about those that matter, empty ones and pad files among them. */
  static Metainfo of(int seed) {
    Random random = new Random(seed);
    int pieceLength = 1 << (14 + random.nextInt(12));
    if (random.nextInt(4) == 0) {
      pieceLength += random.nextInt(pieceLength);
    }
    TorrentMaker maker = new TorrentMaker(pieceLength);
    int files = 1 + random.nextInt(random.nextBoolean() ? 10 : 300);
    for (int i = 0; i < files; i++) {
      maker.file(randomLength(random, pieceLength), "folder " + i % 7, "file " + i);
      long over = maker.totalLength() % pieceLength;
      if (over > 0 && random.nextInt(3) == 0) {
        maker.pad(pieceLength - over);
      }
    }
    maker.file(1, "last");
    return maker.parse();
  }

  private static long randomLength(Random random, int pieceLength) {
    return switch (random.nextInt(7)) {
      case 0 -> 0;
      case 1 -> 1 + random.nextInt(100);
      case 2 -> pieceLength;
      case 3 -> random.nextInt(3 * pieceLength);
      case 4 -> ObjectLayout.MIN_PART_SIZE + random.nextInt(3) - 1;
      case 5 -> random.nextLong(40 * (1L << 20));
      default -> random.nextInt(70_000);
    };
  }
}
