package dev.piecework.worker.s3;

import java.net.URI;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import okhttp3.HttpUrl;

/** Where a store is, and how its buckets and objects are addressed. */
public final class S3Endpoint {
  private static final Pattern BUCKET =
      Pattern.compile("[a-zA-Z0-9][a-zA-Z0-9._-]{1,253}[a-zA-Z0-9]");
  private static final Pattern IP = Pattern.compile("[0-9.]+|.*:.*");
  private static final String AMAZON = "amazonaws.com";

  private final HttpUrl base;
  private final boolean pathStyle;

  /**
   * @param endpoint http or https URL, without a path
   * @param region whose own host of Amazon's is asked, where the endpoint is that of all regions
   * @param pathStyle bucket in the path rather than in the host name
   */
  public S3Endpoint(URI endpoint, String region, boolean pathStyle) {
    HttpUrl url = HttpUrl.get(endpoint.toString());
    boolean ofAllRegions = url.host().equals("s3." + AMAZON) && !region.equals("us-east-1");
    this.base = ofAllRegions ? url.newBuilder().host("s3." + region + "." + AMAZON).build() : url;
    this.pathStyle = pathStyle;
  }

  /**
   * The URL of a bucket or an object.
   *
   * @param key empty for the bucket itself
   * @throws IllegalArgumentException if the names cannot be part of a URL
   */
  HttpUrl url(String bucket, String key, Map<String, String> query) {
    if (!BUCKET.matcher(bucket).matches()) {
      throw new IllegalArgumentException("'" + bucket + "' cannot be the name of a bucket");
    }
    // A name with dots is no name that a certificate for *.host covers.
    boolean inPath = pathStyle || (base.isHttps() && bucket.indexOf('.') >= 0);
    String path =
        (inPath ? "/" + bucket : "")
            + (key.isEmpty()
                ? (inPath ? "" : "/")
                : "/"
                    + Arrays.stream(key.split("/", -1))
                        .map(S3Signer::encode)
                        .collect(Collectors.joining("/")));
    HttpUrl.Builder url = base.newBuilder().encodedPath(path);
    if (!inPath) {
      url.host(bucket.toLowerCase(Locale.ROOT) + "." + base.host());
    }
    if (!query.isEmpty()) {
      url.encodedQuery(S3Signer.canonicalQuery(query));
    }
    HttpUrl built = url.build();
    if (!built.encodedPath().equals(path)) {
      // A segment of dots, which any program on the way would resolve.
      throw new IllegalArgumentException("'" + key + "' cannot be part of a URL");
    }
    return built;
  }

  /**
   * Where a redirect may be followed to: the same host, one below it, or another of Amazon's if
   * this is Amazon's. Never from https to http.
   *
   * @param from what was asked
   * @param location as it came
   */
  Optional<HttpUrl> followed(HttpUrl from, String location) {
    HttpUrl to = from.resolve(location);
    if (to == null || (from.isHttps() && !to.isHttps())) {
      return Optional.empty();
    }
    boolean amazon = below(base.host(), AMAZON) && below(to.host(), AMAZON);
    boolean same = to.host().equals(from.host()) || to.host().equals(base.host());
    boolean deeper = !IP.matcher(base.host()).matches() && below(to.host(), base.host());
    return same || deeper || amazon ? Optional.of(to) : Optional.empty();
  }

  private static boolean below(String host, String domain) {
    return host.endsWith("." + domain);
  }
}
