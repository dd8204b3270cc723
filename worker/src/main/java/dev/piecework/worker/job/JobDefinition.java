package dev.piecework.worker.job;

import dev.piecework.layout.KeyTemplateException;
import dev.piecework.layout.ObjectKeys;
import dev.piecework.message.Destination;
import dev.piecework.message.JobMessage;
import dev.piecework.message.JobSource;
import dev.piecework.message.JobSource.Inline;
import dev.piecework.message.JobSource.Magnet;
import dev.piecework.message.JobSource.StoredFile;
import dev.piecework.message.JobSource.Url;
import dev.piecework.metainfo.MagnetLink;
import dev.piecework.metainfo.MagnetLinkException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What makes a job this one and no other: its source, and the keys of its objects. How the same
 * work is done (priority, peers, attempts, rates, deadline, seeding, what is there already) is no
 * part of it, nor are labels, except those that its key template asks for.
 *
 * @param message the job
 * @param source its source in one spelling: {@code btih:} and the info-hash where the message tells
 *     it, else the link
 */
record JobDefinition(JobMessage message, String source) {
  private static final String TORRENT = "btih:";

  static JobDefinition of(JobMessage message) {
    return new JobDefinition(message, identity(message.source()));
  }

  private static String identity(JobSource source) {
    return switch (source) {
      case Inline inline -> {
        String hash = Title.of(inline).infoHash();
        yield hash.isEmpty()
            ? "sha256:" + HexFormat.of().formatHex(sha256().digest(inline.bytes()))
            : TORRENT + hash;
      }
      case Url(URI url) -> canonical(url);
      case StoredFile(String bucket, String key) -> "s3://" + bucket + "/" + key;
      case Magnet(String uri) -> identity(uri);
    };
  }

  private static String identity(String magnet) {
    try {
      MagnetLink link = MagnetLink.parse(magnet);
      String torrent = TORRENT + link.infoHash().hex();
      return link.selectedFiles().stream()
          .map(range -> "," + range.first() + "-" + range.last())
          .collect(Collectors.joining("", torrent, ""));
    } catch (MagnetLinkException e) {
      return magnet;
    }
  }

  /** RFC 3986, section 6.2: what can be told apart without asking the server. */
  private static String canonical(URI url) {
    if (url.getHost() == null) {
      return url.toString();
    }
    String scheme = url.getScheme().toLowerCase(Locale.ROOT);
    int usual = scheme.equals("https") ? 443 : 80;
    String path = Objects.requireNonNullElse(url.getRawPath(), "");
    return scheme
        + "://"
        + (url.getRawUserInfo() == null ? "" : url.getRawUserInfo() + "@")
        + url.getHost().toLowerCase(Locale.ROOT)
        + (url.getPort() == -1 || url.getPort() == usual ? "" : ":" + url.getPort())
        + (path.isEmpty() ? "/" : path)
        + (url.getRawQuery() == null ? "" : "?" + url.getRawQuery());
  }

  /**
   * Equal ones are of one job; different ones may be all the same, which {@link #differences} says.
   *
   * @return 64 hexadecimal digits
   */
  String hash() {
    Destination destination = message.destination();
    List<String> fields =
        new ArrayList<>(
            List.of("piecework definition 1", source, destination.bucket(), destination.prefix()));
    destination
        .keyTemplate()
        .ifPresent(template -> {
          fields.add(template);
          new TreeMap<>(message.options().labels())
              .forEach((name, value) -> {
                fields.add(name);
                fields.add(value);
              });
        });
    MessageDigest digest = sha256();
    for (String field : fields) {
      byte[] bytes = field.getBytes(StandardCharsets.UTF_8);
      // The length in front keeps "a" + "bc" apart from "ab" + "c".
      digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).flip());
      digest.update(bytes);
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  /**
   * In what another job differs from this one, for people, without secrets.
   *
   * @param infoHash this one's, in hexadecimal, if it has been found out; else empty
   * @return empty if it is the same job
   */
  List<String> differences(JobDefinition submitted, String infoHash) {
    List<String> all = new ArrayList<>();
    if (!source.equals(submitted.source) && !found(infoHash).equals(submitted.source)) {
      String here = describe(message.source());
      String there = describe(submitted.message.source());
      all.add(
          here.equals(there)
              ? "source is %s, submitted with another path, query or selection".formatted(here)
              : "source is %s, submitted %s".formatted(here, there));
    }
    place(submitted).ifPresent(all::add);
    return all;
  }

  /** A link that chooses files names less than the torrent that is found by it. */
  private String found(String infoHash) {
    boolean chooses = message.source() instanceof Magnet && source.contains(",");
    return infoHash.isEmpty() || chooses ? source : TORRENT + infoHash;
  }

  private Optional<String> place(JobDefinition submitted) {
    Destination here = message.destination();
    Destination there = submitted.message.destination();
    if (here.bucket().equals(there.bucket()) && keys(message).equals(keys(submitted.message))) {
      return Optional.empty();
    }
    if (!text(here).equals(text(there))) {
      return Optional.of("destination is %s, submitted %s".formatted(text(here), text(there)));
    }
    return here.keyTemplate().equals(there.keyTemplate())
        ? Optional.of("labels that its key template asks for have other values")
        : Optional.of(
            "key template is %s, submitted %s".formatted(template(here), template(there)));
  }

  private static String text(Destination destination) {
    return "s3://" + destination.bucket() + "/" + destination.prefix();
  }

  private static String template(Destination destination) {
    return destination.keyTemplate().orElse(ObjectKeys.DEFAULT_TEMPLATE);
  }

  private static String describe(JobSource source) {
    if (!(source instanceof Inline)) {
      return source.summary();
    }
    String hash = Title.of(source).infoHash();
    return hash.isEmpty() ? "a file that is no torrent" : "the torrent with info-hash " + hash;
  }

  /** Labels are part of them where the template asks for one. */
  static ObjectKeys keys(JobMessage job) {
    try {
      return job.keys();
    } catch (KeyTemplateException e) {
      throw new IllegalStateException("a job that breaks the rules: " + job.id(), e);
    }
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
