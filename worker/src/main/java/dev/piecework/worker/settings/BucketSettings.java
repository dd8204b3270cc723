package dev.piecework.worker.settings;

import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Which buckets jobs may use: who may submit a job is not whatever the worker's key for the object
 * store may do. Each entry is a bucket, or a bucket and what keys there must begin with, as {@code
 * data/incoming/}; {@code *} stands for any characters but a slash.
 *
 * @param writeAllow where jobs may write, and where {@code cancel --delete-objects} may delete; by
 *     default everywhere
 * @param readAllow where a job's torrent file may be read from ({@code s3://bucket/key}); by
 *     default nowhere
 */
@ConfigurationProperties("piecework.buckets")
public record BucketSettings(
    @DefaultValue("*") List<String> writeAllow, @DefaultValue List<String> readAllow) {
  private static final String WRITE_VARIABLE = "PIECEWORK_BUCKETS_WRITE_ALLOW";
  private static final Pattern ENTRY = Pattern.compile("[A-Za-z0-9.*_-]{1,63}(/[^\\\\]{0,1024})?");

  /** Validates. */
  public BucketSettings {
    writeAllow = checked("write-allow", writeAllow);
    readAllow = checked("read-allow", readAllow);
  }

  /**
   * Whether a job may write to a bucket at all, whatever its keys.
   *
   * @return why not, for people; empty if it may
   */
  public Optional<String> writeRefused(String bucket) {
    return writeAllow.stream()
            .anyMatch(entry -> pattern(entry.split("/", 2)[0]).matcher(bucket).matches())
        ? Optional.empty()
        : Optional.of(reason("bucket " + bucket, "written to", WRITE_VARIABLE));
  }

  /**
   * Whether a job may write these objects.
   *
   * @return why not, for people, of the first that it may not; empty if it may
   */
  public Optional<String> writeRefused(String bucket, Stream<String> keys) {
    List<String> here =
        writeAllow.stream()
            .filter(entry -> pattern(entry.split("/", 2)[0]).matcher(bucket).matches())
            .toList();
    if (here.stream().anyMatch(entry -> entry.indexOf('/') < 0)) {
      return Optional.empty();
    }
    List<Pattern> beginnings = here.stream().map(entry -> pattern(entry.split("/", 2)[1])).toList();
    return keys.filter(key -> beginnings.stream().noneMatch(each -> each.matcher(key).lookingAt()))
        .findFirst()
        .map(key -> reason("object " + bucket + "/" + key, "written", WRITE_VARIABLE));
  }

  /**
   * Whether a torrent file may be read.
   *
   * @return why not, for people; empty if it may
   */
  public Optional<String> readRefused(String bucket, String key) {
    return readAllow.stream().anyMatch(entry -> matches(entry, bucket, key))
        ? Optional.empty()
        : Optional.of(
            reason("object " + bucket + "/" + key, "read", "PIECEWORK_BUCKETS_READ_ALLOW"));
  }

  private static String reason(String what, String may, String variable) {
    return "%s may not be %s by jobs of this worker; an operator can allow it with %s"
        .formatted(what, may, variable);
  }

  private static boolean matches(String entry, String bucket, String key) {
    int slash = entry.indexOf('/');
    return slash < 0
        ? pattern(entry).matcher(bucket).matches()
        : pattern(entry.substring(0, slash)).matcher(bucket).matches()
            && pattern(entry.substring(slash + 1)).matcher(key).lookingAt();
  }

  private static Pattern pattern(String glob) {
    return Pattern.compile("\\Q" + glob.replace("*", "\\E[^/]*\\Q") + "\\E");
  }

  private static List<String> checked(String name, List<String> entries) {
    List<String> clean = entries.stream().map(String::strip).filter(it -> !it.isEmpty()).toList();
    for (String entry : clean) {
      if (!ENTRY.matcher(entry).matches()) {
        throw new IllegalArgumentException(
            "piecework.buckets.%s has '%s': expected a bucket, or a bucket and the beginning of keys, such as data/incoming/"
                .formatted(name, entry));
      }
    }
    return clean;
  }
}
