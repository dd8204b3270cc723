package dev.piecework.worker.s3;

import java.util.Map;
import java.util.Optional;
import okhttp3.RequestBody;

/**
 * A request as it goes over the wire: nothing is added to it but {@code Host}, the signature with
 * its date and token, and what HTTP itself needs.
 *
 * @param method as {@code PUT}
 * @param bucket the bucket
 * @param key the object; empty for the bucket itself
 * @param query parameters, decoded; one without a value has an empty one
 * @param headers names in any case, values of ASCII
 * @param body empty for none
 * @param payloadHash SHA-256 of the body in hexadecimal digits, or {@link #UNSIGNED}
 */
public record S3Request(
    String method,
    String bucket,
    String key,
    Map<String, String> query,
    Map<String, String> headers,
    Optional<RequestBody> body,
    String payloadHash) {

  /** Stands for the hash of a body that the signature does not cover. */
  public static final String UNSIGNED = "UNSIGNED-PAYLOAD";

  /** SHA-256 of nothing. */
  static final String EMPTY_HASH =
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

  /** Keeps copies. */
  public S3Request {
    query = Map.copyOf(query);
    headers = Map.copyOf(headers);
  }

  /** A request without a body. */
  public static S3Request of(String method, String bucket, String key, Map<String, String> query) {
    return new S3Request(method, bucket, key, query, Map.of(), Optional.empty(), EMPTY_HASH);
  }

  /** The same with these headers instead of its own. */
  public S3Request withHeaders(Map<String, String> others) {
    return new S3Request(method, bucket, key, query, others, body, payloadHash);
  }

  /**
   * The same with a body.
   *
   * @param hash as {@link #payloadHash}
   */
  public S3Request withBody(RequestBody content, String hash) {
    return new S3Request(method, bucket, key, query, headers, Optional.of(content), hash);
  }
}
