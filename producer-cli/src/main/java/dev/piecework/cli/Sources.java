package dev.piecework.cli;

import dev.piecework.exit.ExitCode;
import dev.piecework.message.JobMessageCodec;
import dev.piecework.message.JobSource;
import dev.piecework.message.MessageException;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.regex.Pattern;

/** Tells what a SOURCE argument is. */
public final class Sources {
  private static final Pattern SCHEME = Pattern.compile("[A-Za-z][A-Za-z0-9+.-]+://.*");

  private Sources() {}

  /**
   * The source that an argument names; a file is read and must be a torrent, a link is only looked
   * at.
   *
   * @throws CliException with {@link ExitCode#BAD_SOURCE}
   */
  public static JobSource parse(String argument) {
    if (startsWith(argument, "http://") || startsWith(argument, "https://")) {
      try {
        return new JobSource.Url(new URI(argument));
      } catch (URISyntaxException e) {
        // Without the text: it may hold a password.
        throw new CliException(
            ExitCode.BAD_SOURCE,
            "the source is not a URL ("
                + e.getReason()
                + " at position "
                + e.getIndex()
                + "): escape what may not stand in one (a space is %20)");
      }
    }
    if (argument.startsWith("s3://")) {
      try {
        return JobMessageCodec.storedFile(argument);
      } catch (MessageException e) {
        throw new CliException(
            ExitCode.BAD_SOURCE, argument + " names no object: expected " + e.expected());
      }
    }
    if (startsWith(argument, "magnet:")) {
      return new JobSource.Magnet(argument);
    }
    if (SCHEME.matcher(argument).matches() && !TorrentFiles.isUrl(argument)) {
      throw new CliException(
          ExitCode.BAD_SOURCE,
          "sources of kind "
              + argument.substring(0, argument.indexOf(':'))
              + ":// are not known: expected a .torrent file, an http(s):// or s3:// URL, or a"
              + " magnet: link");
    }
    byte[] bytes = TorrentFiles.read(argument);
    TorrentFiles.parse(argument, bytes);
    return JobSource.Inline.of(bytes);
  }

  /** Whether an argument names a file, or a pattern of files. */
  static boolean isFile(String argument) {
    return TorrentFiles.isUrl(argument)
        || (!startsWith(argument, "magnet:") && !SCHEME.matcher(argument).matches());
  }

  private static boolean startsWith(String text, String prefix) {
    return text.regionMatches(true, 0, prefix, 0, prefix.length());
  }
}
