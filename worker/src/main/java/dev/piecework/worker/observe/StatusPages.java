package dev.piecework.worker.observe;

import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.Optional;

/** What the worker answers about itself, by path. */
public final class StatusPages {
  private static final String TEXT = "text/plain; charset=utf-8";

  /** Of Prometheus's text format, in which UTF-8 is understood. */
  private static final String METRICS = "text/plain; version=0.0.4; charset=utf-8";

  private final Health health;
  private final PrometheusMeterRegistry registry;

  /** Over what is asked about. */
  public StatusPages(Health health, PrometheusMeterRegistry registry) {
    this.health = health;
    this.registry = registry;
  }

  /**
   * A page.
   *
   * @param status HTTP status
   * @param contentType of the body
   * @param body what is answered, sent in UTF-8
   */
  public record Page(int status, String contentType, String body) {}

  /**
   * The page at a path.
   *
   * @param path as {@code /metrics}, without a query
   * @return empty if there is none
   */
  public Optional<Page> page(String path) {
    return switch (path) {
      case "/metrics" -> Optional.of(new Page(200, METRICS, registry.scrape()));
      case "/health/live" -> Optional.of(page(health.live()));
      case "/health/ready" -> Optional.of(page(health.ready()));
      case "/" -> Optional.of(text(200, "/metrics\n/health/live\n/health/ready\n"));
      default -> Optional.empty();
    };
  }

  private static Page page(Health.Answer answer) {
    return text(answer.yes() ? 200 : 503, answer.text());
  }

  /** A page of plain text. */
  static Page text(int status, String text) {
    return new Page(status, TEXT, text);
  }
}
