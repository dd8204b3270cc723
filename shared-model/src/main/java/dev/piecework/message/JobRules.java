package dev.piecework.message;

import static dev.piecework.message.MessageException.invalid;
import static dev.piecework.message.MessageException.quote;

import dev.piecework.bencode.BencodeLimits;
import dev.piecework.layout.KeyTemplateException;
import dev.piecework.message.JobSource.Inline;
import dev.piecework.message.JobSource.Magnet;
import dev.piecework.message.JobSource.StoredFile;
import dev.piecework.message.JobSource.Url;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What a job may say. One place for both ends of the queue: the codec applies it to what it reads,
 * and a producer applies it before it sends.
 */
public final class JobRules {
  /** Bytes of an inline torrent file, before Base64: as of any other, 10 MiB. */
  public static final int MAX_INLINE_BYTES = BencodeLimits.TORRENT_FILE.bytes();

  /** Characters of a job id. */
  public static final int MAX_ID_LENGTH = 100;

  /** Bytes of UTF-8 in a prefix: leaves at least as many for the path, of S3's 1,024 for a key. */
  public static final int MAX_PREFIX_BYTES = 512;

  /** Bytes of UTF-8 in an object key. */
  public static final int MAX_KEY_BYTES = 1024;

  /** Labels of a job. */
  public static final int MAX_LABELS = 64;

  /** Peers of a job. */
  public static final int MAX_PEERS = 200;

  /** Longest URL or magnet link, in characters. */
  static final int MAX_LINK_LENGTH = 8192;

  static final int MAX_LABEL_VALUE = 256;
  static final double MAX_SEED_RATIO = 1000;
  static final Duration MAX_SEED_TIME = Duration.ofDays(365);

  /** Shortest deadline of a job. */
  public static final Duration MIN_DEADLINE = Duration.ofSeconds(1);

  /** Longest deadline of a job. */
  public static final Duration MAX_DEADLINE = Duration.ofDays(365);

  /** The highest priority of a job; the lowest is 0. */
  public static final int MAX_PRIORITY = 9;

  static final int MAX_ATTEMPTS = 100;
  static final long MAX_RATE = 1_000_000_000_000L;

  private static final Pattern ID = Pattern.compile("[A-Za-z0-9_-]{1," + MAX_ID_LENGTH + "}");
  private static final Pattern BUCKET = Pattern.compile("[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]");
  private static final Pattern IPV4 = Pattern.compile("\\d+\\.\\d+\\.\\d+\\.\\d+");
  private static final Pattern LABEL_NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._/-]{0,62}");
  private static final Pattern PEER =
      Pattern.compile(
          "([A-Za-z0-9_.-]{1,253}|\\[[0-9A-Fa-f:.]{2,45}(?:%[A-Za-z0-9]{1,15})?\\]):(\\d{1,5})");

  private JobRules() {}

  /**
   * Checks every field of a job but its content: whether the source exists, or is a torrent, only
   * the worker can say.
   *
   * @throws MessageException for the first field that breaks a rule
   */
  public static void check(JobMessage job) throws MessageException {
    checkVersion(job.version());
    checkId("$.id", job.id());
    checkSource(job.source());
    checkBucket("$.destination.bucket", job.destination().bucket());
    checkPrefix(job.destination().prefix());
    checkOptions(job.options());
    checkKeys(job);
  }

  static void checkVersion(int version) throws MessageException {
    if (version != JobMessage.VERSION) {
      throw new MessageException(
          MessageError.UNSUPPORTED_VERSION,
          "$.version",
          "is " + version,
          "version " + JobMessage.VERSION,
          "update the workers, or send the older form");
    }
  }

  static void checkId(String path, String id) throws MessageException {
    if (!ID.matcher(id).matches()) {
      throw invalid(path, "is " + quote(id), "1 to " + MAX_ID_LENGTH + " of A-Z a-z 0-9 _ -");
    }
  }

  private static void checkSource(JobSource source) throws MessageException {
    switch (source) {
      case Inline inline -> checkInline(inline);
      case Url url -> checkUrl(url.url());
      case StoredFile file -> {
        checkBucket("$.source.s3", file.bucket());
        checkKey(file.key());
      }
      case Magnet magnet -> checkMagnet(magnet.uri());
    }
  }

  private static void checkInline(Inline inline) throws MessageException {
    String path = "$.source.inline";
    int length = inline.bytes().length;
    if (length == 0) {
      throw invalid(path, "is empty", "a torrent file in Base64");
    }
    if (length > MAX_INLINE_BYTES) {
      throw invalid(
          path,
          "holds " + length + " bytes",
          "at most " + MAX_INLINE_BYTES + " (name a larger file by URL or s3://)");
    }
  }

  private static void checkUrl(URI url) throws MessageException {
    String path = "$.source.url";
    String scheme = Optional.ofNullable(url.getScheme()).orElse("");
    if (!scheme.equalsIgnoreCase("http") && !scheme.equalsIgnoreCase("https")) {
      throw invalid(path, "has scheme " + quote(scheme), "an http:// or https:// URL");
    }
    if (Optional.ofNullable(url.getHost()).orElse("").isEmpty()) {
      throw invalid(path, "names no host", "an http:// or https:// URL");
    }
    if (url.getRawUserInfo() != null) {
      // Quoting it would repeat the secret.
      throw invalid(path, "holds credentials", "a URL without user:password@");
    }
    checkLink(path, url.toString());
  }

  private static void checkMagnet(String uri) throws MessageException {
    String path = "$.source.magnet";
    if (!uri.regionMatches(true, 0, "magnet:?", 0, 8)) {
      throw invalid(path, "is " + quote(uri), "a link that begins with magnet:?");
    }
    checkLink(path, uri);
  }

  private static void checkLink(String path, String link) throws MessageException {
    if (link.length() > MAX_LINK_LENGTH) {
      throw invalid(path, "has " + link.length() + " characters", "at most " + MAX_LINK_LENGTH);
    }
    if (link.chars().anyMatch(unit -> unit <= ' ' || unit == 0x7f)) {
      throw invalid(path, "has spaces or control characters", "a link with these escaped");
    }
  }

  private static void checkBucket(String path, String bucket) throws MessageException {
    if (!BUCKET.matcher(bucket).matches()
        || bucket.contains("..")
        || IPV4.matcher(bucket).matches()) {
      throw invalid(
          path,
          "is " + quote(bucket),
          "a bucket name: 3 to 63 of a-z 0-9 . - that begins and ends with a letter or digit");
    }
  }

  private static void checkKey(String key) throws MessageException {
    String path = "$.source.s3";
    int bytes = key.getBytes(StandardCharsets.UTF_8).length;
    if (bytes < 1 || bytes > MAX_KEY_BYTES || hasControl(key)) {
      throw invalid(
          path,
          "has key " + quote(key),
          "s3://bucket/key with a key of 1 to "
              + MAX_KEY_BYTES
              + " bytes without control characters");
    }
  }

  private static void checkPrefix(String prefix) throws MessageException {
    String path = "$.destination.prefix";
    int bytes = prefix.getBytes(StandardCharsets.UTF_8).length;
    if (bytes > MAX_PREFIX_BYTES) {
      throw invalid(path, "has " + bytes + " bytes", "at most " + MAX_PREFIX_BYTES);
    }
    if (hasControl(prefix)) {
      throw invalid(path, "is " + quote(prefix), "a prefix without control characters");
    }
    // A store that keeps objects as files would leave its folder by "..", and merge "a//b" and
    // "a/b".
    List<String> elements = List.of(prefix.split("/", -1));
    for (int i = 0; i < elements.size(); i++) {
      String element = elements.get(i);
      boolean last = i == elements.size() - 1;
      if (element.equals(".") || element.equals("..") || (element.isEmpty() && !last)) {
        throw invalid(
            path,
            "is " + quote(prefix),
            "a prefix such as \"sets/2026/\", without a leading /, //, . or .. between slashes");
      }
    }
  }

  private static void checkKeys(JobMessage job) throws MessageException {
    try {
      job.keys();
    } catch (KeyTemplateException e) {
      throw invalid("$.destination.keyTemplate", e.problem(), e.expected());
    }
  }

  private static void checkOptions(JobOptions options) throws MessageException {
    checkRange("$.options.priority", options.priority(), 0, MAX_PRIORITY);
    if (options.seedRatio().isPresent()) {
      double ratio = options.seedRatio().get();
      if (!(ratio >= 0 && ratio <= MAX_SEED_RATIO)) {
        throw invalid(
            "$.options.seedRatio", "is " + ratio, "a number from 0 to " + (int) MAX_SEED_RATIO);
      }
    }
    if (options.seedTime().isPresent()) {
      Duration time = options.seedTime().get();
      if (time.isNegative() || time.compareTo(MAX_SEED_TIME) > 0) {
        throw invalid(
            "$.options.seedTime", "is " + time, "a duration from PT0S to " + MAX_SEED_TIME);
      }
    }
    if (options.maxAttempts().isPresent()) {
      checkRange("$.options.maxAttempts", options.maxAttempts().get(), 1, MAX_ATTEMPTS);
    }
    if (options.deadline().isPresent()) {
      Duration deadline = options.deadline().get();
      if (deadline.compareTo(MIN_DEADLINE) < 0 || deadline.compareTo(MAX_DEADLINE) > 0) {
        throw invalid(
            "$.options.deadline",
            "is " + deadline,
            "a duration from " + MIN_DEADLINE + " to " + MAX_DEADLINE);
      }
    }
    checkRange("$.options.downloadBytesPerSecond", options.downloadBytesPerSecond(), 0, MAX_RATE);
    checkRange("$.options.uploadBytesPerSecond", options.uploadBytesPerSecond(), 0, MAX_RATE);
    checkPeers(options.peers());
    checkLabels("$.options.labels", options.labels());
  }

  private static void checkPeers(List<String> peers) throws MessageException {
    String path = "$.options.peers";
    if (peers.size() > MAX_PEERS) {
      throw invalid(path, "has " + peers.size() + " peers", "at most " + MAX_PEERS);
    }
    for (int i = 0; i < peers.size(); i++) {
      var matcher = PEER.matcher(peers.get(i));
      if (!matcher.matches()
          || Integer.parseInt(matcher.group(2)) < 1
          || Integer.parseInt(matcher.group(2)) > 65535) {
        throw invalid(
            path + "[" + i + "]",
            "is " + quote(peers.get(i)),
            "host:port, with an IPv6 address in brackets and a port from 1 to 65535");
      }
    }
  }

  /** Whether a label may have this name. */
  public static boolean isLabelName(String name) {
    return LABEL_NAME.matcher(name).matches();
  }

  static void checkLabels(String path, Map<String, String> labels) throws MessageException {
    if (labels.size() > MAX_LABELS) {
      throw invalid(path, "has " + labels.size() + " labels", "at most " + MAX_LABELS);
    }
    for (Map.Entry<String, String> label : labels.entrySet()) {
      if (!LABEL_NAME.matcher(label.getKey()).matches()) {
        throw invalid(
            path,
            "has the name " + quote(label.getKey()),
            "names of 1 to 63 of A-Z a-z 0-9 . _ / - that begin with a letter or digit");
      }
      String value = label.getValue();
      if (value.codePointCount(0, value.length()) > MAX_LABEL_VALUE || hasControl(value)) {
        throw invalid(
            path + "." + label.getKey(),
            "is " + quote(value),
            "at most " + MAX_LABEL_VALUE + " characters, none of them a control character");
      }
    }
  }

  private static void checkRange(String path, long value, long least, long most)
      throws MessageException {
    if (value < least || value > most) {
      throw invalid(path, "is " + value, "an integer from " + least + " to " + most);
    }
  }

  private static boolean hasControl(String text) {
    return text.chars().anyMatch(Character::isISOControl);
  }
}
