package dev.piecework.standalone.demo;

import dev.piecework.bencode.BencodeWriter;
import dev.piecework.message.Destination;
import dev.piecework.message.JobId;
import dev.piecework.message.JobMessage;
import dev.piecework.message.JobOptions;
import dev.piecework.message.JobSource;
import dev.piecework.metainfo.Metainfo;
import dev.piecework.metainfo.MetainfoException;
import dev.piecework.metainfo.MetainfoParser;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * Something to download: a data set of one large file, some smaller ones, many tiny ones that share
 * pieces, an empty one and one with a name that is not ASCII.
 *
 * @param folder where the data set's folder lies
 * @param source its torrent file
 * @param metainfo the same, parsed
 * @param sha256 of each file in hexadecimal digits, by the file's path
 */
record DemoContent(
    Path folder, JobSource.Inline source, Metainfo metainfo, Map<String, String> sha256) {
  private static final String NAME = "demo-data-set";
  private static final int PIECE_BYTES = 256 << 10;

  /**
   * Makes the content and its torrent.
   *
   * @param size bytes, about
   * @param tinyFiles how many beside the others
   */
  static DemoContent make(Path folder, long size, int tinyFiles, String announceUrl)
      throws IOException {
    Map<String, Long> lengths = new LinkedHashMap<>();
    lengths.put("measurements.bin", size * 3 / 4);
    lengths.put("archive/2025.bin", size / 6);
    lengths.put("archive/2026.bin", size / 12 + 17);
    lengths.put("archive/empty.bin", 0L);
    lengths.put("notes/größe-数据.txt", 4321L);
    for (int i = 1; i <= tinyFiles; i++) {
      lengths.put("notes/%02d.txt".formatted(i), 100L * i);
    }
    RandomGenerator random = RandomGenerator.of("L64X128MixRandom");
    Pieces pieces = new Pieces();
    Map<String, String> checksums = new LinkedHashMap<>();
    BencodeWriter.ListWriter files = BencodeWriter.list();
    for (Map.Entry<String, Long> entry : lengths.entrySet()) {
      Path file = folder.resolve(NAME).resolve(entry.getKey());
      Files.createDirectories(file.getParent());
      checksums.put(NAME + "/" + entry.getKey(), write(file, entry.getValue(), random, pieces));
      BencodeWriter.ListWriter path = BencodeWriter.list();
      for (String element : entry.getKey().split("/", -1)) {
        path.add(element);
      }
      files.add(BencodeWriter.dictionary().put("length", entry.getValue()).put("path", path));
    }
    byte[] torrent =
        BencodeWriter.dictionary()
            .put("announce", announceUrl)
            .put("created by", "piecework demo")
            .put(
                "info",
                BencodeWriter.dictionary()
                    .put("files", files)
                    .put("name", NAME)
                    .put("piece length", PIECE_BYTES)
                    .put("pieces", pieces.finish()))
            .encode();
    try {
      return new DemoContent(
          folder, JobSource.Inline.of(torrent), MetainfoParser.parse(torrent), checksums);
    } catch (MetainfoException e) {
      throw new IllegalStateException("the demo made a torrent that cannot be read", e);
    }
  }

  /** Its job. */
  JobMessage job(Destination destination) {
    JobOptions options = JobOptions.none();
    return new JobMessage(
        JobMessage.VERSION, JobId.of(source, destination, options), source, destination, options);
  }

  /** SHA-256 of a file in hexadecimal digits. */
  static String sha256(Path file) throws IOException {
    MessageDigest digest = digest("SHA-256");
    byte[] buffer = new byte[1 << 20];
    try (InputStream in = Files.newInputStream(file)) {
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        digest.update(buffer, 0, count);
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static String write(Path file, long length, RandomGenerator random, Pieces pieces)
      throws IOException {
    MessageDigest digest = digest("SHA-256");
    byte[] buffer = new byte[64 << 10];
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file))) {
      for (long left = length; left > 0; ) {
        int count = (int) Math.min(left, buffer.length);
        random.nextBytes(buffer);
        out.write(buffer, 0, count);
        digest.update(buffer, 0, count);
        pieces.update(buffer, count);
        left -= count;
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static MessageDigest digest(String algorithm) {
    try {
      return MessageDigest.getInstance(algorithm);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has " + algorithm, e);
    }
  }

  /** Hashes the linear space piece by piece, across the borders of files. */
  private static final class Pieces {
    private final ByteArrayOutputStream hashes = new ByteArrayOutputStream();
    private final MessageDigest digest = digest("SHA-1");
    private int filled;

    void update(byte[] bytes, int count) {
      for (int offset = 0; offset < count; ) {
        int taken = Math.min(count - offset, PIECE_BYTES - filled);
        digest.update(bytes, offset, taken);
        offset += taken;
        filled += taken;
        if (filled == PIECE_BYTES) {
          end();
        }
      }
    }

    byte[] finish() {
      if (filled > 0) {
        end();
      }
      return hashes.toByteArray();
    }

    private void end() {
      hashes.writeBytes(digest.digest());
      filled = 0;
    }
  }
}
