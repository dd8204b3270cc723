package dev.piecework.worker.s3;

import io.minio.credentials.Credentials;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import okhttp3.HttpUrl;
import okhttp3.Request;

/**
 * Signs requests by AWS Signature Version 4. Only {@code Host}, {@code Content-MD5}, {@code
 * Content-Type} and headers that begin with {@code x-amz-} are signed: a proxy on the way may
 * change others, such as {@code Accept-Encoding}.
 */
final class S3Signer {
  private static final String ALGORITHM = "AWS4-HMAC-SHA256";
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);

  private final String region;

  S3Signer(String region) {
    this.region = region;
  }

  /**
   * @param query the parameters of the request's URL, decoded
   * @param payloadHash as in {@link S3Request}
   */
  Request sign(
      Request request,
      Map<String, String> query,
      String payloadHash,
      Credentials keys,
      Instant now) {
    String time = TIME.format(now);
    Request.Builder signed =
        request
            .newBuilder()
            .header("Host", host(request.url()))
            .header("x-amz-date", time)
            .header("x-amz-content-sha256", payloadHash);
    if (keys.sessionToken() != null && !keys.sessionToken().isEmpty()) {
      signed.header("x-amz-security-token", keys.sessionToken());
    }
    Request complete = signed.build();
    SortedMap<String, String> headers = signedHeaders(complete);
    String names = String.join(";", headers.keySet());
    String canonical =
        String.join(
            "\n",
            complete.method(),
            complete.url().encodedPath(),
            canonicalQuery(query),
            headers.entrySet().stream()
                .map(header -> header.getKey() + ":" + header.getValue() + "\n")
                .collect(Collectors.joining()),
            names,
            payloadHash);
    String scope = time.substring(0, 8) + "/" + region + "/s3/aws4_request";
    String toSign = String.join("\n", ALGORITHM, time, scope, hex(sha256(canonical)));
    byte[] key = hmac(bytes("AWS4" + keys.secretKey()), time.substring(0, 8));
    for (String step : new String[] {region, "s3", "aws4_request"}) {
      key = hmac(key, step);
    }
    return complete
        .newBuilder()
        .header(
            "Authorization",
            "%s Credential=%s/%s, SignedHeaders=%s, Signature=%s"
                .formatted(ALGORITHM, keys.accessKey(), scope, names, hex(hmac(key, toSign))))
        .build();
  }

  /** As the HTTP client writes it: without the port that belongs to the scheme. */
  private static String host(HttpUrl url) {
    String name = url.host().indexOf(':') < 0 ? url.host() : "[" + url.host() + "]";
    return url.port() == HttpUrl.defaultPort(url.scheme()) ? name : name + ":" + url.port();
  }

  private static SortedMap<String, String> signedHeaders(Request request) {
    SortedMap<String, String> headers = new TreeMap<>();
    for (String name : request.headers().names()) {
      String lower = name.toLowerCase(Locale.ROOT);
      if (lower.equals("host")
          || lower.equals("content-md5")
          || lower.equals("content-type")
          || lower.startsWith("x-amz-")) {
        headers.put(lower, String.join(",", request.headers(name)).strip().replaceAll(" +", " "));
      }
    }
    return headers;
  }

  /** Sorted by encoded name. */
  static String canonicalQuery(Map<String, String> query) {
    SortedMap<String, String> sorted = new TreeMap<>();
    query.forEach((name, value) -> sorted.put(encode(name), encode(value)));
    return sorted.entrySet().stream()
        .map(each -> each.getKey() + "=" + each.getValue())
        .collect(Collectors.joining("&"));
  }

  /** Percent-encodes everything but RFC 3986's unreserved characters. */
  static String encode(String text) {
    StringBuilder encoded = new StringBuilder(text.length() + 16);
    for (byte each : bytes(text)) {
      char c = (char) (each & 0xff);
      boolean unreserved =
          (c >= 'A' && c <= 'Z')
              || (c >= 'a' && c <= 'z')
              || (c >= '0' && c <= '9')
              || "-._~".indexOf(c) >= 0;
      if (unreserved) {
        encoded.append(c);
      } else {
        encoded.append('%').append(HexFormat.of().withUpperCase().toHexDigits(each));
      }
    }
    return encoded.toString();
  }

  static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  static byte[] sha256(String text) {
    return sha256(bytes(text));
  }

  static byte[] sha256(byte[] content) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(content);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  private static byte[] hmac(byte[] key, String text) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key, "HmacSHA256"));
      return mac.doFinal(bytes(text));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has HmacSHA256", e);
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
