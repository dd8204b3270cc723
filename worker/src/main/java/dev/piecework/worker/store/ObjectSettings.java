package dev.piecework.worker.store;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * What every object that this worker writes is told to be. Bound from {@code piecework.objects.*}.
 *
 * @param storageClass as the store names it, such as {@code STANDARD_IA}; empty for the bucket's
 *     own
 * @param encryption how the store is asked to encrypt; {@code none} leaves it to the bucket
 * @param kmsKeyId with {@code sse-kms}: the key; empty for the account's own
 * @param tags at most {@value #MAX_TAGS}, on every object; a variable makes the name lower case,
 *     {@code piecework.objects.tags.CostCenter=12} in {@code piecework.properties} keeps it
 * @param metadata whether job id and info-hash are written into the objects' user metadata
 */
@ConfigurationProperties("piecework.objects")
public record ObjectSettings(
    @DefaultValue("") String storageClass,
    @DefaultValue("NONE") Encryption encryption,
    @DefaultValue("") String kmsKeyId,
    @DefaultValue Map<String, String> tags,
    @DefaultValue("true") boolean metadata) {

  /** Tags of one object (S3). */
  static final int MAX_TAGS = 10;

  private static final String JOB_HEADER = "x-amz-meta-piecework-job";
  private static final String INFO_HASH_HEADER = "x-amz-meta-piecework-info-hash";
  private static final int MAX_TAG_KEY = 128;
  private static final int MAX_TAG_VALUE = 256;
  private static final Pattern STORAGE_CLASS = Pattern.compile("[A-Za-z0-9_-]{0,64}");
  private static final Pattern KMS_KEY = Pattern.compile("[A-Za-z0-9:/_.-]{0,2048}");
  private static final Pattern TAG = Pattern.compile("[\\p{L}\\p{N} +=._:/@-]*");

  /** Who encrypts an object at rest. */
  public enum Encryption {
    /** Whatever the bucket does by itself. */
    NONE,
    /** The store, with keys of its own (SSE-S3). */
    SSE_S3,
    /** The store, with a key of its key management (SSE-KMS). */
    SSE_KMS
  }

  /** Validates. */
  public ObjectSettings {
    tags = Map.copyOf(tags);
    if (!STORAGE_CLASS.matcher(storageClass).matches()) {
      throw wrong("storage-class", "is '" + storageClass + "'", "expected such as STANDARD_IA");
    }
    if (!KMS_KEY.matcher(kmsKeyId).matches()) {
      throw wrong("kms-key-id", "is '" + kmsKeyId + "'", "expected a key's id, ARN or alias");
    }
    if (!kmsKeyId.isEmpty() && encryption != Encryption.SSE_KMS) {
      throw wrong("kms-key-id", "is set", "it needs encryption sse-kms, which is not set");
    }
    if (tags.size() > MAX_TAGS) {
      throw wrong("tags", "are " + tags.size(), "expected at most " + MAX_TAGS);
    }
    tags.forEach((key, value) -> {
      boolean right =
          !key.isEmpty()
              && key.length() <= MAX_TAG_KEY
              && value.length() <= MAX_TAG_VALUE
              && TAG.matcher(key).matches()
              && TAG.matcher(value).matches();
      if (!right) {
        throw wrong(
            "tags." + key,
            "is '" + value + "'",
            "expected a name of 1 to 128 and a value of at most 256 letters, digits, spaces and + - = . _ : / @");
      }
    });
  }

  /** Nothing asked for but the metadata. */
  public static ObjectSettings none() {
    return new ObjectSettings("", Encryption.NONE, "", Map.of(), true);
  }

  /** The headers of the request that begins an object. */
  Map<String, String> headers(ObjectOrigin origin) {
    Map<String, String> headers = new TreeMap<>();
    if (!storageClass.isEmpty()) {
      headers.put("x-amz-storage-class", storageClass);
    }
    switch (encryption) {
      case NONE -> {}
      case SSE_S3 -> headers.put("x-amz-server-side-encryption", "AES256");
      case SSE_KMS -> {
        headers.put("x-amz-server-side-encryption", "aws:kms");
        if (!kmsKeyId.isEmpty()) {
          headers.put("x-amz-server-side-encryption-aws-kms-key-id", kmsKeyId);
        }
      }
    }
    if (!tags.isEmpty()) {
      headers.put(
          "x-amz-tagging",
          new TreeMap<>(tags)
              .entrySet().stream()
                  .map(tag -> escape(tag.getKey()) + "=" + escape(tag.getValue()))
                  .collect(Collectors.joining("&")));
    }
    if (metadata) {
      headers.put(JOB_HEADER, origin.jobId());
      headers.put(INFO_HASH_HEADER, origin.infoHash());
    }
    return headers;
  }

  /** What an object says it comes from, in the headers of the store's answer about it. */
  static Optional<ObjectOrigin> origin(Function<String, Optional<String>> header) {
    return header
        .apply(JOB_HEADER)
        .flatMap(
            job -> header.apply(INFO_HASH_HEADER).map(infoHash -> new ObjectOrigin(job, infoHash)));
  }

  private static String escape(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  private static IllegalArgumentException wrong(String name, String what, String expected) {
    return new IllegalArgumentException(
        "piecework.objects.%s %s: %s".formatted(name, what, expected));
  }
}
