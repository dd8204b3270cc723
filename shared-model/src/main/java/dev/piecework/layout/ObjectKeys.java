package dev.piecework.layout;

import dev.piecework.metainfo.Metainfo;
import dev.piecework.metainfo.TorrentFile;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * How the keys of a job's objects are made: a template in which everything that the job itself says
 * has been filled in, so that only what the torrent says is left. Two equal ones make the same
 * keys.
 *
 * <p>What a torrent says is put in only after sanitising: names have no slash, and no element of a
 * path is {@code .} or {@code ..}. What the template and the job say has none between slashes
 * either. So no torrent can make a key outside of what stands before its first placeholder.
 *
 * @param segments texts and placeholders in order
 */
public record ObjectKeys(List<Segment> segments) {
  /** The template of a job that has none. */
  public static final String DEFAULT_TEMPLATE = "{prefix}{path}";

  /** Bytes of UTF-8 in a template. */
  public static final int MAX_TEMPLATE_BYTES = 512;

  private static final String EXPECTED =
      "{prefix}, {name}, {path}, {file}, {infohash}, {job} and {label:NAME}, with {path} or {file} among them";
  private static final String LABEL = "label:";
  private static final Pattern TOKEN = Pattern.compile("\\{([^{}]*)}|[^{}]+|[{}]");

  /** Keys are made of these, one after the other. */
  public sealed interface Segment {
    /**
     * @param text as it stands
     */
    record Text(String text) implements Segment {}

    /** What the torrent says. */
    enum Placeholder implements Segment {
      /** Its sanitised name. */
      NAME,
      /**
       * The file's path as in events and the manifest: the name first where it has several files.
       */
      PATH,
      /** The file's path below the torrent's name; of a torrent of one file, its name. */
      FILE,
      /** The info-hash in hexadecimal. */
      INFOHASH;

      private static Optional<Placeholder> named(String name) {
        return Stream.of(values())
            .filter(each -> each.name().toLowerCase(java.util.Locale.ROOT).equals(name))
            .findFirst();
      }
    }
  }

  /** Copies the list. */
  public ObjectKeys {
    segments = List.copyOf(segments);
  }

  /**
   * Fills in what a job says.
   *
   * @param template with {@code {prefix}}, {@code {job}}, {@code {label:NAME}}, {@code {name}},
   *     {@code {path}}, {@code {file}} and {@code {infohash}}
   * @param labels a slash or backslash in a value becomes {@code _}
   * @throws KeyTemplateException for another placeholder, a label that is not there, a template
   *     without {@code {path}} or {@code {file}}, or keys that begin or end with a slash or have an
   *     empty element, {@code .} or {@code ..} between slashes
   */
  public static ObjectKeys of(
      String template, String prefix, String jobId, Map<String, String> labels)
      throws KeyTemplateException {
    if (bytes(template) > MAX_TEMPLATE_BYTES) {
      throw new KeyTemplateException(
          "has %d bytes".formatted(bytes(template)), "at most " + MAX_TEMPLATE_BYTES);
    }
    if (template.chars().anyMatch(Character::isISOControl)) {
      throw new KeyTemplateException("has control characters", "a template without any");
    }
    List<Segment> segments = new ArrayList<>();
    Matcher token = TOKEN.matcher(template);
    while (token.find()) {
      segments.add(segment(token, prefix, jobId, labels));
    }
    if (segments.stream()
        .noneMatch(each -> each == Segment.Placeholder.PATH || each == Segment.Placeholder.FILE)) {
      throw new KeyTemplateException(
          "is '" + template + "', which gives all files of a torrent the same key", EXPECTED);
    }
    ObjectKeys keys = new ObjectKeys(segments);
    String sample = keys.expand(placeholder -> "x");
    if (misshapen(sample)) {
      throw new KeyTemplateException(
          "makes keys such as '" + sample + "'",
          "keys that neither begin nor end with a slash, without //, . or .. between slashes");
    }
    return keys;
  }

  /** The keys of a job without a template: the prefix as it stands, then the file's path. */
  public static ObjectKeys under(String prefix) {
    return new ObjectKeys(List.of(new Segment.Text(prefix), Segment.Placeholder.PATH));
  }

  private static Segment segment(
      Matcher token, String prefix, String jobId, Map<String, String> labels)
      throws KeyTemplateException {
    Optional<String> name = Optional.ofNullable(token.group(1));
    if (name.isEmpty()) {
      if (token.group().equals("{") || token.group().equals("}")) {
        throw new KeyTemplateException("has a single " + token.group(), EXPECTED);
      }
      return new Segment.Text(token.group());
    }
    String field = name.get();
    if (field.equals("prefix")) {
      return new Segment.Text(prefix);
    }
    if (field.equals("job")) {
      return new Segment.Text(jobId);
    }
    if (field.startsWith(LABEL)) {
      String value = labels.get(field.substring(LABEL.length()));
      if (value == null) {
        throw new KeyTemplateException(
            "asks for a label '" + field.substring(LABEL.length()) + "' that the job does not have",
            "the name of one of its labels");
      }
      return new Segment.Text(value.replaceAll("[/\\\\]", "_"));
    }
    Optional<Segment.Placeholder> placeholder = Segment.Placeholder.named(field);
    if (placeholder.isEmpty()) {
      throw new KeyTemplateException("has {" + field + "}", EXPECTED);
    }
    return placeholder.get();
  }

  /**
   * The key of a file.
   *
   * @throws IllegalArgumentException if it would be longer than {@link ObjectLayout#MAX_KEY_BYTES},
   *     or no key at all
   */
  String key(Metainfo metainfo, TorrentFile file) {
    String key =
        expand(placeholder ->
            switch (placeholder) {
              case NAME -> metainfo.name();
              case PATH -> file.path();
              case FILE -> below(metainfo.name(), file.path());
              case INFOHASH -> metainfo.infoHash().hex();
            });
    int keyBytes = bytes(key);
    if (keyBytes > ObjectLayout.MAX_KEY_BYTES) {
      throw new IllegalArgumentException(
          "the key of file %d would have %d bytes of UTF-8, S3 allows %d: shorten the prefix or the key template; key: %s"
              .formatted(file.index(), keyBytes, ObjectLayout.MAX_KEY_BYTES, key));
    }
    if (misshapen(key)) {
      throw new IllegalArgumentException(
          "the key of file %d would have an empty element, . or .. between slashes: correct the key template; key: %s"
              .formatted(file.index(), key));
    }
    return key;
  }

  private static String below(String name, String path) {
    return path.startsWith(name + "/") ? path.substring(name.length() + 1) : path;
  }

  private String expand(java.util.function.Function<Segment.Placeholder, String> value) {
    return segments.stream()
        .map(segment ->
            switch (segment) {
              case Segment.Text(String text) -> text;
              case Segment.Placeholder placeholder -> value.apply(placeholder);
            })
        .collect(Collectors.joining());
  }

  private static boolean misshapen(String key) {
    return Stream.of(key.split("/", -1))
        .anyMatch(element -> element.isEmpty() || element.equals(".") || element.equals(".."));
  }

  private static int bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }
}
