package dev.piecework.worker.settings;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Optional;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Where the worker records its part of a job's trace.
 *
 * @param endpoint a collector's OTLP/HTTP address, such as {@code http://collector:4318}, to which
 *     {@code /v1/traces} is added; empty: nothing is recorded, the trace context is passed on all
 *     the same
 */
@ConfigurationProperties("piecework.tracing")
public record TracingSettings(@DefaultValue("") String endpoint) {

  /** Validates. */
  public TracingSettings {
    if (!endpoint.isEmpty() && !isHttp(endpoint)) {
      throw new IllegalArgumentException(
          "piecework.tracing.endpoint is '%s': expected http://host:port or https://host"
              .formatted(endpoint));
    }
  }

  private static boolean isHttp(String text) {
    try {
      URI uri = new URI(text);
      return ("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()))
          && uri.getHost() != null
          && uri.getQuery() == null;
    } catch (URISyntaxException e) {
      return false;
    }
  }

  /** Where spans are posted; empty when none are recorded. */
  public Optional<URI> traces() {
    return endpoint.isEmpty()
        ? Optional.empty()
        : Optional.of(URI.create(endpoint.replaceAll("/+$", "") + "/v1/traces"));
  }
}
