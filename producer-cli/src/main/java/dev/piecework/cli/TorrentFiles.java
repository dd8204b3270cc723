package dev.piecework.cli;

import dev.piecework.exit.ExitCode;
import dev.piecework.message.JobRules;
import dev.piecework.metainfo.Metainfo;
import dev.piecework.metainfo.MetainfoException;
import dev.piecework.metainfo.MetainfoParser;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Reads torrent files named on the command line. */
public final class TorrentFiles {
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
      path = Path.of(name);
    } catch (InvalidPathException e) {
      throw bad(name, "is not a file name (" + e.getReason() + ")");
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
      throw bad(
          name,
          "does not exist: expected a .torrent file, an http(s):// or s3:// URL, or a magnet: link");
    } catch (IOException e) {
      throw bad(
          name, "cannot be read (" + e.getClass().getSimpleName() + "): check its permissions");
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
