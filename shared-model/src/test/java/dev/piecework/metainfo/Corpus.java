package dev.piecework.metainfo;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;

/** The torrent files under {@code torrents/}, which come from libtorrent's own tests. */
final class Corpus {
  private Corpus() {}

  /**
   * A line of {@code expected.csv}.
   *
   * @param expected what libtorrent says: OK, ERROR and a name, or "other test"
   */
  record Sample(String file, int bytes, String expected) {
    @Override
    public String toString() {
      return file + " " + expected;
    }
  }

  static byte[] read(String file) {
    try (InputStream in =
        Objects.requireNonNull(Corpus.class.getResourceAsStream("/torrents/" + file), file)) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The files on which libtorrent's tests give a verdict: all but sample.torrent. */
  static List<Sample> judged() {
    return samples().stream().filter(sample -> !sample.expected().equals("other test")).toList();
  }

  static List<Sample> samples() {
    return new String(read("expected.csv"), StandardCharsets.UTF_8)
        .lines()
        .skip(1)
        .map(line -> line.split(",", -1))
        .map(fields -> new Sample(fields[0], Integer.parseInt(fields[1]), fields[3]))
        .toList();
  }
}
