package dev.piecework.standalone.run;

import dev.piecework.cli.CliException;
import dev.piecework.cli.Sources;
import dev.piecework.exit.ExitCode;
import dev.piecework.message.JobSource;
import dev.piecework.metainfo.Metainfo;
import dev.piecework.metainfo.MetainfoException;
import dev.piecework.metainfo.MetainfoParser;
import java.util.Locale;
import java.util.Optional;

/**
 * What {@code run} was given, read and understood as far as that can be done here.
 *
 * @param text as the user wrote it
 * @param source for the job message
 * @param metainfo of a torrent file; absent for links
 */
record RunSource(String text, JobSource source, Optional<Metainfo> metainfo) {

  /**
   * Reads a source: a file's path, an http(s) URL or a magnet link.
   *
   * @throws CliException with {@link ExitCode#BAD_SOURCE} if there is no torrent behind it
   */
  static RunSource read(String text) {
    JobSource source = Sources.parse(text);
    return switch (source) {
      case JobSource.Inline inline -> new RunSource(text, source, Optional.of(parse(text, inline)));
      case JobSource.Url _, JobSource.Magnet _ -> new RunSource(text, source, Optional.empty());
      case JobSource.StoredFile _ ->
          throw bad(text, "lies in an object store, and run uses only its own: download it first");
    };
  }

  private static Metainfo parse(String text, JobSource.Inline inline) {
    try {
      Metainfo metainfo = MetainfoParser.parse(inline.bytes());
      if (metainfo.name().toLowerCase(Locale.ROOT).equals(RunFolder.STATE)) {
        throw bad(
            text,
            "its content is named %s, which is where run keeps its own state: use a worker and a bucket for it"
                .formatted(metainfo.name()));
      }
      return metainfo;
    } catch (MetainfoException e) {
      throw bad(text, "is not a torrent that can be downloaded: " + e.getMessage());
    }
  }

  private static CliException bad(String text, String why) {
    return new CliException(ExitCode.BAD_SOURCE, text + ": " + why);
  }
}
