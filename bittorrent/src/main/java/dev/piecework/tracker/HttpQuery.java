package dev.piecework.tracker;

import java.util.HexFormat;

/** Builds the request of an HTTP announce (BEP 3, 7, 23) on whatever query the URL already has. */
final class HttpQuery {
  private static final HexFormat HEX = HexFormat.of().withUpperCase();

  private HttpQuery() {}

  /** Path and query to ask for. */
  static String of(TrackerUrl.Http url, AnnounceRequest request) {
    AnnounceSettings settings = request.settings();
    Totals totals = request.totals();
    StringBuilder query = new StringBuilder(url.pathAndQuery());
    if (query.indexOf("?") < 0) {
      query.append('?');
    } else if (query.charAt(query.length() - 1) != '?' && query.charAt(query.length() - 1) != '&') {
      query.append('&');
    }
    query.append("info_hash=").append(escape(settings.infoHash().bytes()));
    query.append("&peer_id=").append(escape(settings.peerId()));
    query.append("&port=").append(settings.port());
    query.append("&uploaded=").append(totals.uploadedBytes());
    query.append("&downloaded=").append(totals.downloadedBytes());
    query.append("&left=").append(totals.leftBytes());
    query.append("&compact=1&no_peer_id=1");
    query.append("&numwant=").append(request.wanted());
    query.append("&key=").append("%08X".formatted(settings.key()));
    if (!request.event().httpName().isEmpty()) {
      query.append("&event=").append(request.event().httpName());
    }
    settings
        .announcedAddress()
        .ifPresent(address -> query.append("&ip=").append(escape(ascii(address.getHostAddress()))));
    if (!request.trackerId().isEmpty()) {
      query.append("&trackerid=").append(escape(latin1(request.trackerId())));
    }
    return query.toString();
  }

  /** Percent-encodes all but the unreserved characters of RFC 3986. */
  private static String escape(byte[] bytes) {
    StringBuilder escaped = new StringBuilder(bytes.length * 3);
    for (byte each : bytes) {
      boolean unreserved =
          (each >= '0' && each <= '9')
              || (each >= 'a' && each <= 'z')
              || (each >= 'A' && each <= 'Z')
              || each == '-'
              || each == '.'
              || each == '_'
              || each == '~';
      if (unreserved) {
        escaped.append((char) each);
      } else {
        escaped.append('%').append(HEX.toHexDigits(each));
      }
    }
    return escaped.toString();
  }

  private static byte[] ascii(String text) {
    return text.getBytes(java.nio.charset.StandardCharsets.US_ASCII);
  }

  private static byte[] latin1(String text) {
    return text.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
  }
}
