package dev.piecework.tracker;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.net.IDN;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Base64;
import java.util.Deque;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;

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
   * @param login value of the Authorization header, made of the URL's user and password; never
   *     shown; empty if it has none
   */
  record Http(boolean secure, String host, int port, String pathAndQuery, Optional<Login> login)
      implements TrackerUrl {
    Http(boolean secure, String host, int port, String pathAndQuery) {
      this(secure, host, port, pathAndQuery, Optional.empty());
    }

    /** Value of the Host header. */
    String authority() {
      String name = host.indexOf(':') >= 0 ? "[" + host + "]" : host;
      return port == (secure ? 443 : 80) ? name : name + ":" + port;
    }

    /** Whether another is of the same server, which may see what this one may see. */
    boolean sameOrigin(Http other) {
      return secure == other.secure && host.equals(other.host) && port == other.port;
    }

    /**
     * Where a redirect leads (RFC 9110, 10.2.2; RFC 3986, 5.2), as lenient as {@link #parse}. The
     * login goes along to the same server only; one that the redirect itself names is not used.
     */
    TrackerUrl redirect(String location) {
      String target = location.strip();
      int mark = target.indexOf('#');
      target = mark < 0 ? target : target.substring(0, mark);
      String origin = (secure ? "https://" : "http://") + authority();
      TrackerUrl parsed;
      if (target.matches("(?s)[A-Za-z][A-Za-z0-9+.-]*:.*")) {
        parsed = parse(target);
      } else if (target.startsWith("//")) {
        parsed = parse((secure ? "https:" : "http:") + target);
      } else if (target.startsWith("/")) {
        parsed = parse(origin + target);
      } else {
        int query = pathAndQuery.indexOf('?');
        String path = query < 0 ? pathAndQuery : pathAndQuery.substring(0, query);
        if (target.isEmpty()) {
          parsed = parse(origin + pathAndQuery);
        } else if (target.startsWith("?")) {
          parsed = parse(origin + path + target);
        } else {
          parsed = parse(origin + path.substring(0, path.lastIndexOf('/') + 1) + target);
        }
      }
      return parsed instanceof Http http
          ? new Http(
              http.secure,
              http.host,
              http.port,
              withoutDots(http.pathAndQuery),
              sameOrigin(http) ? login : Optional.empty())
          : parsed;
    }
  }

  /** What proves who we are (RFC 7617); a class of its own so that no record shows it. */
  final class Login {
    private final String header;

    private Login(String userAndPassword) {
      int colon = userAndPassword.indexOf(':');
      String user = colon < 0 ? userAndPassword : userAndPassword.substring(0, colon);
      String password = colon < 0 ? "" : userAndPassword.substring(colon + 1);
      byte[] both = (decode(user) + ":" + decode(password)).getBytes(StandardCharsets.ISO_8859_1);
      header = "Basic " + Base64.getEncoder().encodeToString(both);
    }

    /** Value of the Authorization header: a secret. */
    String header() {
      return header;
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Login that && that.header.equals(header);
    }

    @Override
    public int hashCode() {
      return header.hashCode();
    }

    @Override
    public String toString() {
      return "(login)";
    }

    /** Without percent-encoding; each character is one byte of UTF-8. */
    private static String decode(String text) {
      byte[] in = text.getBytes(StandardCharsets.UTF_8);
      StringBuilder out = new StringBuilder(in.length);
      for (int at = 0; at < in.length; at++) {
        boolean escaped =
            in[at] == '%'
                && at + 2 < in.length
                && HexFormat.isHexDigit(in[at + 1])
                && HexFormat.isHexDigit(in[at + 2]);
        if (escaped) {
          out.append((char) HexFormat.fromHexDigits(new String(in, at + 1, 2, US_ASCII)));
          at += 2;
        } else {
          out.append((char) (in[at] & 0xff));
        }
      }
      return out.toString();
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
      // Only what can be a scheme is shown: anything else may be a part of the rest.
      String shown = scheme.matches("[a-z][a-z0-9+.-]{0,15}") ? " \"" + scheme + "\"" : "";
      return new Unusable(
          "unsupported scheme" + shown + ": only http, https and udp trackers are announced to");
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

  private static TrackerUrl fromParts(String scheme, String wholeAuthority, String path) {
    int at = wholeAuthority.lastIndexOf('@');
    String authority = wholeAuthority.substring(at + 1);
    Optional<Login> login =
        at > 0 ? Optional.of(new Login(wholeAuthority.substring(0, at))) : Optional.empty();
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
    return new Http(
        scheme.equals("https"), host, port, path.startsWith("/") ? path : "/" + path, login);
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

  /** Without the segments . and .. of the path (RFC 3986, 5.2.4). */
  private static String withoutDots(String pathAndQuery) {
    int query = pathAndQuery.indexOf('?');
    String path = query < 0 ? pathAndQuery : pathAndQuery.substring(0, query);
    if (!path.contains("/.")) {
      return pathAndQuery;
    }
    Deque<String> kept = new ArrayDeque<>();
    String[] segments = path.substring(1).split("/", -1);
    for (int i = 0; i < segments.length; i++) {
      boolean last = i == segments.length - 1;
      if (segments[i].equals("..")) {
        kept.pollLast();
      } else if (!segments[i].equals(".")) {
        kept.addLast(segments[i]);
        continue;
      }
      if (last) {
        kept.addLast("");
      }
    }
    return "/" + String.join("/", kept) + (query < 0 ? "" : pathAndQuery.substring(query));
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
