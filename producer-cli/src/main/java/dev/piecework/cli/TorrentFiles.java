package dev.piecework.cli;

import dev.piecework.exit.ExitCode;
import dev.piecework.message.JobRules;
import dev.piecework.metainfo.Metainfo;
import dev.piecework.metainfo.MetainfoException;
import dev.piecework.metainfo.MetainfoParser;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * Reads torrent files named on the command line. A name whose bytes are not text here, as one in
 * Latin-1 under UTF-8, is written as a {@code file:///} URL with {@code %XX} for each such byte:
 * Java can open a file of that name in no other way.
 */
public final class TorrentFiles {
  private static final String URL = "file:///";

  /** What Java puts in place of bytes that it could not decode. */
  private static final char LOST = '\uFFFD';

  private TorrentFiles() {}

  /**
   * A file's bytes.
   *
   * @throws CliException with {@link ExitCode#BAD_SOURCE} when it cannot be read, or is too long to
   *     be a torrent
   */
  public static byte[] read(String name) {
    Path path;
    try {
      path = path(name);
    } catch (IllegalArgumentException e) {
      throw bad(
          name,
          "is not a file name ("
              + (e instanceof InvalidPathException invalid ? invalid.getReason() : e.getMessage())
              + ")");
    }
    if (Files.isDirectory(path)) {
      throw bad(name, "is a folder: expected a .torrent file");
    }
    // Not by its size: it may be a pipe.
    try (InputStream in = Files.newInputStream(path)) {
      byte[] bytes = in.readNBytes(JobRules.MAX_INLINE_BYTES + 1);
      if (bytes.length > JobRules.MAX_INLINE_BYTES) {
        throw bad(
            name,
            "has more than "
                + JobRules.MAX_INLINE_BYTES / (1024 * 1024)
                + " MiB: expected a .torrent file, not its content");
      }
      return bytes;
    } catch (NoSuchFileException e) {
      if (name.indexOf(LOST) >= 0) {
        throw bad(
            name,
            "does not exist: what is shown as "
                + LOST
                + " are bytes that are no text in "
                + System.getProperty("sun.jnu.encoding")
                + ", which Java loses in arguments; give the name on standard input (-), in a"
                + " quoted pattern, or as a file:/// URL with %XX for these bytes");
      }
      throw bad(
          name,
          "does not exist: expected a .torrent file, an http(s):// or s3:// URL, or a magnet: link");
    } catch (IOException e) {
      throw bad(
          name, "cannot be read (" + e.getClass().getSimpleName() + "): check its permissions");
    }
  }

  /** Whether a name is a {@code file:///} URL. */
  static boolean isUrl(String name) {
    return name.regionMatches(true, 0, URL, 0, URL.length());
  }

  /** Whether there is such a file. */
  static boolean exists(String name) {
    try {
      return Files.exists(path(name));
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /** A file's name as text: its path, or a URL where no text gives the path back. */
  static String name(Path path) {
    String text = path.toString();
    try {
      if (Path.of(text).equals(path)) {
        return text;
      }
    } catch (InvalidPathException e) {
      // No text of this locale.
    }
    return path.toUri().toString();
  }

  /** A file's name given as bytes, relative to the current folder. */
  static String name(byte[] bytes) {
    StringBuilder url = new StringBuilder("file://");
    if (bytes.length == 0 || bytes[0] != '/') {
      String here = Path.of("").toAbsolutePath().toUri().getRawPath();
      url.append(here).append(here.endsWith("/") ? "" : "/");
    }
    for (byte each : bytes) {
      boolean plain = each > ' ' && each < 0x7F && "%?#[]\\^`{|}\"<>".indexOf(each) < 0;
      url.append(plain ? String.valueOf((char) each) : "%%%02X".formatted(each & 0xFF));
    }
    return url.toString();
  }

  private static Path path(String name) {
    if (isUrl(name)) {
      return Path.of(URI.create(name));
    }
    try {
      return Path.of(name);
    } catch (InvalidPathException e) {
      // Under LANG=C no name beyond ASCII is text; the file may still be there.
      boolean zero = name.indexOf('\0') >= 0;
      if (zero) {
        throw e;
      }
      return Path.of(URI.create(name(name.getBytes(StandardCharsets.UTF_8))));
    }
  }

  /**
   * A file's bytes, parsed.
   *
   * @throws CliException with {@link ExitCode#BAD_SOURCE} when it is no torrent
   */
  public static Metainfo parse(String name, byte[] bytes) {
    try {
      return MetainfoParser.parse(bytes);
    } catch (MetainfoException e) {
      throw bad(
          name, "is not a torrent that can be downloaded: " + e.error() + ": " + e.getMessage());
    }
  }

  private static CliException bad(String name, String problem) {
    return new CliException(ExitCode.BAD_SOURCE, name + " " + problem);
  }
}
