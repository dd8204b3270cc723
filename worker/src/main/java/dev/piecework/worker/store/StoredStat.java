package dev.piecework.worker.store;

import java.util.Optional;
import okhttp3.Headers;

/**
 * What the store says of an object.
 *
 * @param size bytes
 * @param etag without quotes; may be empty
 * @param crc32c as the store writes it: Base64 of the whole object's, or with {@code -N} behind it
 *     that of its N parts' checksums; empty where the store keeps none
 * @param origin what it says it comes from, if a worker wrote it and said so
 * @param encrypted whether the store says that it encrypts, so that ETags need not be MD5s
 */
public record StoredStat(
    long size,
    String etag,
    Optional<String> crc32c,
    Optional<ObjectOrigin> origin,
    boolean encrypted) {

  static StoredStat of(Headers answer) {
    return new StoredStat(
        Long.parseLong(header(answer, "Content-Length").orElse("-1")),
        header(answer, "ETag").orElse("").replace("\"", ""),
        header(answer, StoreChecksums.HEADER),
        ObjectSettings.origin(name -> header(answer, name)),
        header(answer, "x-amz-server-side-encryption").isPresent());
  }

  private static Optional<String> header(Headers headers, String name) {
    return Optional.ofNullable(headers.get(name)).filter(value -> !value.isBlank());
  }
}
