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
import dev.piecework.tracker.AnnounceResult.Retry;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads what an HTTP tracker answers: compact, dictionary and IPv6 forms (BEP 3, 7, 23, 31). */
final class HttpAnswer {
  /** Bytes of the longest answer that is read. */
  static final int MAX_BYTES = 1 << 20;

  private static final BencodeReader READER =
      BencodeReader.lenient(new BencodeLimits(MAX_BYTES, 10, 300_000));
  private static final int MAX_TRACKER_ID_BYTES = 256;
  private static final long MAX_SECONDS = Duration.ofDays(30).toSeconds();

  private HttpAnswer() {}

  /**
   * @param status HTTP status
   * @param body the whole body, decompressed
   */
  static AnnounceResult read(int status, byte[] body) {
    BValue value;
    try {
      // Some trackers end their answer with a line feed: what follows the value does not matter.
      value = READER.readFirst(body, 0);
    } catch (BencodeException e) {
      return status == 200
          ? new Failed("answer is not bencoded: " + e.getMessage() + startOf(body))
          : new Failed("answered HTTP status " + status);
    }
    if (!(value instanceof BDictionary answer)) {
      return new Failed("answer is " + value.kind() + ", expected a dictionary");
    }
    Optional<BString> failure = answer.string("failure reason");
    if (failure.isPresent()) {
      return new Failed(
          "tracker answered: " + ForeignText.line(failure.get().text()), retry(answer));
    }
    if (status != 200) {
      return new Failed("answered HTTP status " + status);
    }
    List<InetSocketAddress> peers = new ArrayList<>();
    answer
        .find("peers")
        .ifPresent(found -> {
          switch (found) {
            case BString compact -> CompactPeers.read(compact.bytes(), 0, CompactPeers.IPV4, peers);
            case BList list -> readDictionaries(list, peers);
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
        answer.string("warning message").map(text -> ForeignText.line(text.text())).orElse(""),
        answer
            .string("tracker id")
            .filter(id -> id.length() <= MAX_TRACKER_ID_BYTES)
            .map(id -> new String(id.bytes(), StandardCharsets.ISO_8859_1))
            .orElse(""));
  }

  private static void readDictionaries(BList list, List<InetSocketAddress> into) {
    for (BValue each : list) {
      if (into.size() >= CompactPeers.MAX_PEERS) {
        return;
      }
      if (each instanceof BDictionary peer) {
        long port = peer.integer("port").orElse(0L);
        Optional<InetAddress> address = peer.string("ip").flatMap(ip -> literal(ip.text()));
        if (address.isPresent() && port > 0 && port <= 65535) {
          into.add(new InetSocketAddress(address.get(), (int) port));
        }
      }
    }
  }

  /** Names are not looked up: a tracker could make us ask any name server for any name. */
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

  private static String startOf(byte[] body) {
    String start =
        ForeignText.line(new String(body, 0, Math.min(body.length, 60), StandardCharsets.UTF_8));
    return start.isEmpty() ? "" : "; it begins with \"" + start + "\"";
  }
}
