package dev.piecework.tracker;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Cookies along one chain of redirects: sites set one and redirect to the same place to see whether
 * it comes back. Sent to the server that set them and to nobody else, and forgotten with the chain.
 */
final class RedirectCookies {
  private static final int MAX_COOKIES = 50;
  private static final int MAX_CHARACTERS = 8192;

  private final Map<String, Map<String, String>> byServer = new LinkedHashMap<>();
  private int characters;

  /**
   * Takes in what a server has set.
   *
   * @param set values of its Set-Cookie headers
   */
  void set(TrackerUrl.Http from, List<String> set) {
    for (String each : set) {
      String pair = each.split(";", 2)[0].strip();
      int equals = pair.indexOf('=');
      // Only what may stand in a request (RFC 6265, 4.1.1); quotes and commas are common, so too.
      if (equals < 1 || !pair.matches("[!-~ ]+")) {
        continue;
      }
      Map<String, String> cookies =
          byServer.computeIfAbsent(server(from), _ -> new LinkedHashMap<>());
      String name = pair.substring(0, equals).strip();
      boolean room = cookies.size() < MAX_COOKIES || cookies.containsKey(name);
      if (room && characters + pair.length() <= MAX_CHARACTERS) {
        characters += pair.length();
        cookies.put(name, pair.substring(equals + 1).strip());
      }
    }
  }

  /** Value of the Cookie header for a request; empty: none. */
  String header(TrackerUrl.Http to) {
    return byServer.getOrDefault(server(to), Map.of()).entrySet().stream()
        .map(cookie -> cookie.getKey() + "=" + cookie.getValue())
        .collect(Collectors.joining("; "));
  }

  private static String server(TrackerUrl.Http url) {
    return (url.secure() ? "https://" : "http://") + url.host() + ":" + url.port();
  }
}
