package dev.piecework.tracker;

import dev.piecework.bencode.BDictionary;
import dev.piecework.bencode.BList;
import dev.piecework.bencode.BString;
import dev.piecework.bencode.BValue;
import dev.piecework.bencode.BencodeException;
import dev.piecework.bencode.BencodeLimits;
import dev.piecework.bencode.BencodeReader;
import dev.piecework.text.ForeignText;
import dev.piecework.tracker.AnnounceResult.Accepted;
import dev.piecework.tracker.AnnounceResult.Failed;
import dev.piecework.tracker.AnnounceResult.NamedPeer;
import dev.piecework.tracker.AnnounceResult.Retry;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Reads what an HTTP tracker answers: compact, dictionary and IPv6 forms (BEP 3, 7, 23, 31). */
final class HttpAnswer {
  /** Bytes of the longest answer that is read. */
  static final int MAX_BYTES = 1 << 20;

  private static final BencodeReader READER =
      BencodeReader.lenient(new BencodeLimits(MAX_BYTES, 10, 300_000));

  /** What people see of a refusal; the tracker's own words are for the log. */
  static final String REFUSED = "tracker refused the announce";

  /** Peers of one answer whose names are looked up. */
  static final int MAX_NAMED = 8;

  private static final String HOST_NAME =
      "(?=.{1,253}\\.?$)[A-Za-z0-9_]([A-Za-z0-9_-]{0,62})(\\.[A-Za-z0-9_]([A-Za-z0-9_-]{0,62}))*\\.?";
  private static final int MAX_TRACKER_ID_BYTES = 256;
  private static final long MAX_SECONDS = Duration.ofDays(30).toSeconds();

  private HttpAnswer() {}

  /** Whether a body is no beginning of something that goes on. */
  static boolean isWhole(HttpContent content) {
    try {
      READER.readFirst(content.bytes(), start(content.bytes()));
      return true;
    } catch (BencodeException e) {
      return content.tooLarge() || e.fault() != BencodeException.Fault.TRUNCATED;
    }
  }

  /** Reads an answer as it came. */
  static AnnounceResult read(HttpReplyReader.Reply reply) {
    HttpContent content = reply.content();
    return content.tooLarge()
        ? new Failed("answer larger than 1 MiB refused")
        : read(reply.status(), content.bytes());
  }

  /**
   * @param status HTTP status
   * @param body the whole body, decompressed
   */
  static AnnounceResult read(int status, byte[] body) {
    BValue value;
    try {
      // Some trackers end their answer with a line feed: what follows the value does not matter.
      value = READER.readFirst(body, start(body));
    } catch (BencodeException e) {
      return status == 200
          ? new Failed("answer is not bencoded: " + e.getMessage(), beginning(body))
          : new Failed("answered HTTP status " + status);
    }
    if (!(value instanceof BDictionary answer)) {
      return new Failed("answer is " + value.kind() + ", expected a dictionary");
    }
    Optional<BString> failure = answer.string("failure reason");
    if (failure.isPresent()) {
      return new Failed(REFUSED, ForeignText.line(failure.get().text()), retry(answer));
    }
    if (status != 200) {
      return new Failed("answered HTTP status " + status);
    }
    List<NamedPeer> named = new ArrayList<>();
    List<InetSocketAddress> peers = new ArrayList<>();
    answer
        .find("peers")
        .ifPresent(found -> {
          switch (found) {
            case BString compact -> CompactPeers.read(compact.bytes(), 0, CompactPeers.IPV4, peers);
            case BList list -> readList(list, peers, named);
            default -> {}
          }
        });
    answer
        .string("peers6")
        .ifPresent(compact -> CompactPeers.read(compact.bytes(), 0, CompactPeers.IPV6, peers));
    return new Accepted(
        seconds(answer, "interval"),
        seconds(answer, "min interval"),
        List.copyOf(peers),
        List.copyOf(named),
        answer.string("warning message").map(text -> ForeignText.line(text.text())).orElse(""),
        answer
            .string("tracker id")
            .filter(id -> id.length() <= MAX_TRACKER_ID_BYTES)
            .map(id -> new String(id.bytes(), StandardCharsets.ISO_8859_1))
            .orElse(""));
  }

  private static void readList(BList list, List<InetSocketAddress> into, List<NamedPeer> named) {
    for (BValue each : list) {
      if (into.size() >= CompactPeers.MAX_PEERS) {
        return;
      }
      switch (each) {
        case BDictionary peer -> readDictionary(peer, into, named);
        case BString compact -> CompactPeers.read(compact.bytes(), 0, CompactPeers.IPV4, into);
        default -> {}
      }
    }
  }

  private static void readDictionary(
      BDictionary peer, List<InetSocketAddress> into, List<NamedPeer> named) {
    long port =
        peer.integer("port")
            .or(() ->
                peer.string("port")
                    .map(BString::text)
                    .filter(digits -> digits.matches("[0-9]{1,5}"))
                    .map(Long::valueOf))
            .orElse(0L);
    String host = peer.string("ip").map(BString::text).orElse("").strip();
    if (port <= 0 || port > 65535 || host.isEmpty()) {
      return;
    }
    Optional<InetAddress> address = literal(host);
    if (address.isPresent()) {
      into.add(new InetSocketAddress(address.get(), (int) port));
    } else if (named.size() < MAX_NAMED && host.matches(HOST_NAME)) {
      // BEP 3 allows a name. Few of them: a tracker makes us ask name servers for it.
      named.add(new NamedPeer(host.toLowerCase(Locale.ROOT), (int) port));
    }
  }

  private static Optional<InetAddress> literal(String text) {
    try {
      return Optional.of(InetAddress.ofLiteral(text));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static Optional<Duration> seconds(BDictionary answer, String key) {
    return answer
        .integer(key)
        .filter(seconds -> seconds > 0)
        .map(seconds -> Duration.ofSeconds(Math.min(seconds, MAX_SECONDS)));
  }

  /** BEP 31: minutes, or "never". */
  private static Retry retry(BDictionary answer) {
    Optional<BString> word = answer.string("retry in");
    if (word.filter(w -> w.equalsAscii("never")).isPresent()) {
      return new Retry.Never();
    }
    Optional<Long> minutes =
        answer
            .integer("retry in")
            .or(() ->
                word.map(BString::text).filter(w -> w.matches("[0-9]{1,6}")).map(Long::valueOf));
    return minutes
        .filter(m -> m > 0)
        .<Retry>map(m -> new Retry.After(Duration.ofMinutes(Math.min(m, MAX_SECONDS / 60))))
        .orElse(new Retry.AsUsual());
  }

  /** Where the value begins: behind a byte order mark and white space that scripts leave. */
  private static int start(byte[] body) {
    boolean mark =
        body.length >= 3
            && (body[0] & 0xff) == 0xef
            && (body[1] & 0xff) == 0xbb
            && (body[2] & 0xff) == 0xbf;
    int at = mark ? 3 : 0;
    while (at < body.length
        && (body[at] == ' ' || body[at] == '\t' || body[at] == '\r' || body[at] == '\n')) {
      at++;
    }
    return at;
  }

  private static String beginning(byte[] body) {
    return ForeignText.line(new String(body, 0, Math.min(body.length, 60), StandardCharsets.UTF_8));
  }
}
