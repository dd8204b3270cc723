package dev.piecework.tracker;

import dev.piecework.text.ForeignText;
import java.net.IDN;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Locale;

/**
 * An announce URL taken apart. Announce URLs come from strangers and are often not quite URLs, so
 * this is more lenient than {@link java.net.URI} where it does no harm (characters that should have
 * been escaped are escaped) and strict where it does (host and port).
 */
sealed interface TrackerUrl {
  /** For percent-encoding. */
  HexFormat HEX = HexFormat.of().withUpperCase();

  /** Longest announce URL that is looked at, in characters. */
  int MAX_LENGTH = 2048;

  /**
   * A tracker that speaks HTTP.
   *
   * @param secure https
   * @param host name or address literal, IPv6 without brackets
   * @param port 1 to 65535
   * @param pathAndQuery begins with a slash; only characters that may stand in a request line
   */
  record Http(boolean secure, String host, int port, String pathAndQuery) implements TrackerUrl {
    /** Value of the Host header. */
    String authority() {
      String name = host.indexOf(':') >= 0 ? "[" + host + "]" : host;
      return port == (secure ? 443 : 80) ? name : name + ":" + port;
    }

    /** The whole URL again. */
    String text() {
      return (secure ? "https://" : "http://") + authority() + pathAndQuery;
    }
  }

  /**
   * A tracker that speaks UDP (BEP 15).
   *
   * @param host name or address literal, IPv6 without brackets
   * @param port 1 to 65535
   * @param pathAndQuery as it stands in the URL, possibly empty: sent along by BEP 41
   */
  record Udp(String host, int port, String pathAndQuery) implements TrackerUrl {}

  /**
   * A URL that we cannot announce to.
   *
   * @param reason for people
   */
  record Unusable(String reason) implements TrackerUrl {}

  /** Host and port for logs: the rest of the URL may hold a passkey, which is a secret. */
  default String place() {
    return switch (this) {
      case Http http -> http.host() + ":" + http.port();
      case Udp udp -> udp.host() + ":" + udp.port();
      case Unusable unusable -> unusable.reason();
    };
  }

  /** Takes a URL apart; never fails, but may be {@link Unusable}. */
  static TrackerUrl parse(String url) {
    String text = url.strip();
    if (text.length() > MAX_LENGTH) {
      return new Unusable("URL of " + text.length() + " characters, at most 2048 are accepted");
    }
    int colon = text.indexOf("://");
    if (colon <= 0) {
      return new Unusable("not a URL: expected http://, https:// or udp://");
    }
    String scheme = text.substring(0, colon).toLowerCase(Locale.ROOT);
    if (!scheme.equals("http") && !scheme.equals("https") && !scheme.equals("udp")) {
      return new Unusable(
          "unsupported scheme \""
              + ForeignText.line(scheme)
              + "\": only http, https and udp trackers are announced to");
    }
    String rest = text.substring(colon + 3);
    int authorityEnd = endOfAuthority(rest);
    String authority = rest.substring(0, authorityEnd);
    String path = rest.substring(authorityEnd);
    int fragment = path.indexOf('#');
    if (fragment >= 0) {
      path = path.substring(0, fragment);
    }
    return fromParts(scheme, authority, escape(path));
  }

  private static TrackerUrl fromParts(String scheme, String authority, String path) {
    if (authority.indexOf('@') >= 0) {
      return new Unusable("user name and password in the URL are not supported");
    }
    int portColon = authority.lastIndexOf(':');
    int bracket = authority.lastIndexOf(']');
    String host = authority;
    int port =
        switch (scheme) {
          case "http" -> 80;
          case "https" -> 443;
          default -> 0;
        };
    if (portColon > bracket) {
      host = authority.substring(0, portColon);
      String digits = authority.substring(portColon + 1);
      if (!digits.isEmpty()) {
        port = digits.matches("[0-9]{1,5}") ? Integer.parseInt(digits) : -1;
      }
    }
    if (port == 0 && scheme.equals("udp")) {
      return new Unusable("a udp tracker needs a port, as in udp://host:6969");
    }
    if (port < 1 || port > 65535) {
      return new Unusable("port out of range: expected 1 to 65535");
    }
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    } else {
      try {
        host = IDN.toASCII(host, IDN.ALLOW_UNASSIGNED);
      } catch (IllegalArgumentException e) {
        return new Unusable("host name that cannot be one");
      }
    }
    if (!host.matches("[A-Za-z0-9._~:%-]{1,253}")) {
      return new Unusable("host name that cannot be one");
    }
    host = host.toLowerCase(Locale.ROOT);
    if (scheme.equals("udp")) {
      return new Udp(host, port, path);
    }
    return new Http(scheme.equals("https"), host, port, path.startsWith("/") ? path : "/" + path);
  }

  private static int endOfAuthority(String rest) {
    for (int i = 0; i < rest.length(); i++) {
      char c = rest.charAt(i);
      if (c == '/' || c == '?' || c == '#') {
        return i;
      }
    }
    return rest.length();
  }

  /** Spaces, control characters and what is not ASCII may not stand in a request line. */
  private static String escape(String path) {
    StringBuilder escaped = new StringBuilder(path.length());
    for (byte each : path.getBytes(StandardCharsets.UTF_8)) {
      if (each > 0x20 && each < 0x7f) {
        escaped.append((char) each);
      } else {
        escaped.append('%').append(HEX.toHexDigits(each));
      }
    }
    return escaped.toString();
  }
}
