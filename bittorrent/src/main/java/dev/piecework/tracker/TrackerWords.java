package dev.piecework.tracker;

import java.util.List;
import java.util.regex.Pattern;

/**
 * What a tracker wrote, without what must not be in a log: trackers repeat the announce URL or the
 * passkey in their refusals.
 */
final class TrackerWords {
  private static final Pattern URL = Pattern.compile("(?i)\\b[a-z][a-z0-9+.-]{0,15}://\\S+");

  /** Long runs of letters and digits mixed: keys, hashes, tokens. */
  private static final Pattern TOKEN =
      Pattern.compile("(?=[A-Za-z_-]*[0-9])[A-Za-z0-9_-]{16,}|\\b[A-Za-z0-9+/_-]{32,}={0,2}");

  private static final int SHORTEST_SECRET = 4;

  private TrackerWords() {}

  /**
   * The text for the log.
   *
   * @param said clean already
   * @param asked the tracker
   */
  static String forLog(String said, TrackerUrl asked) {
    String text = URL.matcher(said).replaceAll("(URL)");
    for (String part : parts(asked)) {
      text = text.replace(part, "(secret)");
    }
    return TOKEN.matcher(text).replaceAll("(secret)");
  }

  /** What stands in the path and query, longest first: any of it may be the secret. */
  private static List<String> parts(TrackerUrl asked) {
    String path =
        switch (asked) {
          case TrackerUrl.Http http -> http.pathAndQuery();
          case TrackerUrl.Udp udp -> udp.pathAndQuery();
          case TrackerUrl.Unusable _ -> "";
        };
    return Pattern.compile("[/?&=;]")
        .splitAsStream(path)
        .filter(part -> part.length() >= SHORTEST_SECRET)
        .filter(part -> !part.matches("(?i)announce(\\.php)?|tracker|passkey|authkey"))
        .sorted((a, b) -> Integer.compare(b.length(), a.length()))
        .toList();
  }
}
