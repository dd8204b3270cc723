package dev.piecework.worker.store;

import dev.piecework.tls.TrustedAuthorities;
import dev.piecework.worker.settings.Secrets;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How to reach the object store. Bound from {@code piecework.store.*}.
 *
 * @param endpoint http or https URL of the S3 server, without a path
 * @param region region to sign for; most servers other than Amazon's accept any
 * @param credentials {@code static}: the keys below; {@code iam}: the role of the pod or machine
 * @param accessKey with {@code static}, it or the file: the access key id
 * @param accessKeyFile file that holds the access key id instead
 * @param secretKey with {@code static}, it or the file: the secret key; never logged
 * @param secretKeyFile file that holds the secret key instead
 * @param stsEndpoint with {@code iam}: where to ask for keys, instead of Amazon's own addresses;
 *     empty for those
 * @param caFile certificates in PEM of authorities to believe beside those that Java knows; empty
 *     for none
 * @param pathStyle bucket in the path ({@code http://host/bucket/key}) rather than in the host name
 * @param concurrentUploads parts of 8 MiB and more being sent at once, all jobs of the worker
 *     together; small objects count an eighth
 * @param connectTimeout for a TCP connection
 * @param readTimeout without a byte from the store
 * @param writeTimeout without a byte taken by the store
 * @param callTimeout for one request, however steadily it moves
 * @param retries how often a request is repeated after a transient answer, before the attempt of
 *     the job fails
 * @param retryDelay before the first repetition; doubles each time, with jitter
 * @param maxRetryDelay longest delay between two repetitions
 * @param outageWait how long a running job waits for a store that does not answer at all, before it
 *     is handed back; the attempt does not count
 * @param probeInterval how often a store that cannot be used is asked whether it can
 * @param checksums send CRC32C with every object and part and ask the store for it; switch off only
 *     for a store that refuses the headers
 */
@ConfigurationProperties("piecework.store")
public record StoreSettings(
    URI endpoint,
    @DefaultValue("us-east-1") String region,
    @DefaultValue("static") StoreLogin credentials,
    @DefaultValue("") String accessKey,
    @DefaultValue("") String accessKeyFile,
    @DefaultValue("") String secretKey,
    @DefaultValue("") String secretKeyFile,
    @DefaultValue("") String stsEndpoint,
    @DefaultValue("") String caFile,
    @DefaultValue("true") boolean pathStyle,
    @DefaultValue("3") int concurrentUploads,
    @DefaultValue("10s") Duration connectTimeout,
    @DefaultValue("60s") Duration readTimeout,
    @DefaultValue("60s") Duration writeTimeout,
    @DefaultValue("15m") Duration callTimeout,
    @DefaultValue("5") int retries,
    @DefaultValue("250ms") Duration retryDelay,
    @DefaultValue("10s") Duration maxRetryDelay,
    @DefaultValue("2m") Duration outageWait,
    @DefaultValue("3s") Duration probeInterval,
    @DefaultValue("true") boolean checksums) {

  /** Most parts that may be sent at once. */
  static final int MAX_CONCURRENT_UPLOADS = 64;

  private static final Duration LONGEST_OUTAGE_WAIT = Duration.ofDays(1);

  /** Refuses what cannot work, saying which setting is wrong. */
  public StoreSettings {
    // Boot binds null where nothing is set, whatever the annotations say.
    if ((Object) endpoint == null) {
      throw wrong("endpoint", "is not set", "set it to the URL of an S3 server");
    }
    String scheme = endpoint.getScheme();
    boolean web = "http".equals(scheme) || "https".equals(scheme);
    if (!web || endpoint.getHost() == null) {
      throw wrong("endpoint", "is '" + endpoint + "'", "expected http://host:port or https://host");
    }
    if (endpoint.getUserInfo() != null) {
      throw wrong("endpoint", "carries credentials", "use access-key and secret-key instead");
    }
    switch (credentials) {
      case STATIC -> {
        if (accessKey.isBlank()
            && accessKeyFile.isBlank()
            && secretKey.isBlank()
            && secretKeyFile.isBlank()) {
          throw wrong(
              "access-key",
              "is not set",
              "set it and secret-key to the store's keys, or set credentials to iam for the role of the pod or machine");
        }
        exactlyOne("access-key", accessKey, accessKeyFile);
        exactlyOne("secret-key", secretKey, secretKeyFile);
        if (!stsEndpoint.isBlank()) {
          throw wrong("sts-endpoint", "is set", "it needs credentials iam, which is not set");
        }
      }
      case IAM -> {
        if (!(accessKey + accessKeyFile + secretKey + secretKeyFile).isBlank()) {
          throw wrong("credentials", "is iam, and keys are set, too", "take one of them away");
        }
      }
    }
    if (concurrentUploads < 1 || concurrentUploads > MAX_CONCURRENT_UPLOADS) {
      throw wrong(
          "concurrent-uploads",
          "is " + concurrentUploads,
          "expected 1 to " + MAX_CONCURRENT_UPLOADS);
    }
    if (retries < 0 || retries > 100) {
      throw wrong("retries", "is " + retries, "expected 0 to 100");
    }
    positive("connect-timeout", connectTimeout);
    positive("read-timeout", readTimeout);
    positive("write-timeout", writeTimeout);
    positive("call-timeout", callTimeout);
    positive("retry-delay", retryDelay);
    positive("max-retry-delay", maxRetryDelay);
    if (outageWait.isNegative() || outageWait.compareTo(LONGEST_OUTAGE_WAIT) > 0) {
      throw wrong("outage-wait", "is " + outageWait, "expected 0s to 1d");
    }
    positive("probe-interval", probeInterval);
  }

  /**
   * The access key id, read from its file if it has one.
   *
   * @throws IllegalArgumentException if the file cannot be read or is empty
   */
  String resolveAccessKey() {
    return filled(
        "access-key", Secrets.read("piecework.store.access-key", accessKey, accessKeyFile));
  }

  /** Whom to believe over https. */
  TrustedAuthorities authorities() {
    return caFile.isEmpty()
        ? TrustedAuthorities.ofJava()
        : TrustedAuthorities.with("piecework.store.ca-file", Path.of(caFile));
  }

  /**
   * The secret key itself, read from its file if it has one.
   *
   * @throws IllegalArgumentException if the file cannot be read or is empty
   */
  String resolveSecretKey() {
    return filled(
        "secret-key", Secrets.read("piecework.store.secret-key", secretKey, secretKeyFile));
  }

  private static String filled(String name, String key) {
    if (key.isBlank()) {
      throw wrong(name + "-file", "names an empty file", "fill it");
    }
    return key.strip();
  }

  private static void exactlyOne(String name, String value, String file) {
    if (value.isBlank() == file.isBlank()) {
      throw wrong(
          name,
          value.isBlank() ? "is not set" : "is set, and so is " + name + "-file",
          "set exactly one of " + name + " and " + name + "-file");
    }
  }

  /** Everything but the secret. */
  @Override
  public String toString() {
    return "StoreSettings[endpoint=%s, region=%s, credentials=%s, pathStyle=%s, concurrentUploads=%d]"
        .formatted(endpoint, region, credentials, pathStyle, concurrentUploads);
  }

  private static void positive(String name, Duration value) {
    if (value.isNegative() || value.isZero()) {
      throw wrong(name, "is " + value, "expected a time above zero, as 30s");
    }
  }

  private static IllegalArgumentException wrong(String name, String what, String expected) {
    return new IllegalArgumentException(
        "piecework.store.%s %s: %s".formatted(name, what, expected));
  }
}
