package dev.piecework.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Files of pseudo-random bytes, the same for the same seed, and sums to compare trees by. */
public final class Content {
  private static final int BUFFER_BYTES = 1 << 20;

  private Content() {}

  /**
   * Writes one file.
   *
   * @param file where; folders above it are made
   * @param bytes its length, 0 or more
   * @param seed equal seeds give equal bytes
   * @return {@code file}
   */
  public static Path file(Path file, long bytes, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    byte[] buffer = new byte[Math.clamp(bytes, 1, BUFFER_BYTES)];
    try {
      Path parent = file.toAbsolutePath().getParent();
      if (parent != null) {
        Files.createDirectories(parent);
      }
      try (OutputStream out = Files.newOutputStream(file)) {
        for (long left = bytes; left > 0; left -= buffer.length) {
          random.nextBytes(buffer);
          out.write(buffer, 0, (int) Math.min(left, buffer.length));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + file, e);
    }
    return file;
  }

  /**
   * Writes a folder of small files, a hundred to a sub-folder.
   *
   * @param folder where
   * @param files how many
   * @param maximumBytes each has a pseudo-random length from 1 to this
   * @param seed equal seeds give equal trees
   * @return {@code folder}
   */
  public static Path manySmall(Path folder, int files, int maximumBytes, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < files; i++) {
      Path file = folder.resolve("%03d".formatted(i / 100)).resolve("file-%05d.bin".formatted(i));
      file(file, random.nextInt(1, maximumBytes + 1), random.nextLong());
    }
    return folder;
  }

  /**
   * The awkward set: 3,000 files with every tenth empty, names in several scripts, most of a few
   * bytes so that many share a piece, some of tens of KiB, and one big one in the middle.
   *
   * @param folder where
   * @param bigFileBytes length of the big one
   * @param seed equal seeds give equal trees
   * @return {@code folder}
   */
  public static Path threeThousand(Path folder, long bigFileBytes, long seed) {
    List<String> words =
        List.of("übergröße", "данные", "数据集", "データ", "ملف", "emoji-🧩", "plain name", "naïve café");
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < 2999; i++) {
      String word = words.get(i % words.size());
      Path file =
          folder
              .resolve("%02d %s".formatted(i / 250, words.get((i / 250) % words.size())))
              .resolve("%04d %s.dat".formatted(i, word));
      long bytes;
      if (i % 10 == 0) {
        bytes = 0;
      } else if (i % 100 == 7) {
        bytes = random.nextInt(10_000, 70_000);
      } else {
        bytes = random.nextInt(1, 40);
      }
      file(file, bytes, random.nextLong());
    }
    file(folder.resolve("05 big").resolve("big 大きい.bin"), bigFileBytes, random.nextLong());
    return folder;
  }

  /**
   * SHA-256 of every regular file below a folder, in hexadecimal, by path relative to it with
   * {@code /} between elements; of a single file, under its name.
   */
  public static SortedMap<String, String> sums(Path tree) {
    SortedMap<String, String> sums = new TreeMap<>();
    if (Files.isRegularFile(tree)) {
      sums.put(String.valueOf(tree.getFileName()), sha256(tree));
      return sums;
    }
    try (Stream<Path> files = Files.walk(tree)) {
      files
          .filter(Files::isRegularFile)
          .forEach(file -> sums.put(tree.relativize(file).toString(), sha256(file)));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + tree, e);
    }
    return sums;
  }

  /** SHA-256 of a file, 64 hexadecimal digits. */
  public static String sha256(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      return sha256(in);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file, e);
    }
  }

  /** SHA-256 of all a stream gives, 64 hexadecimal digits. The stream is not closed. */
  public static String sha256(InputStream in) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      byte[] buffer = new byte[BUFFER_BYTES];
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        digest.update(buffer, 0, read);
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the stream", e);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /** Bytes of all regular files below a folder, or of a single file. */
  public static long bytes(Path tree) {
    try (Stream<Path> files = Files.walk(tree)) {
      return files.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + tree, e);
    }
  }
}
