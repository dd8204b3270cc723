package dev.piecework.worker.store;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import okhttp3.HttpUrl;
import okhttp3.Interceptor;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;

/** Measures every request to the store, where it leaves the client. */
public final class StoreMeter implements Interceptor {
  private final MeterRegistry registry;
  private final Counter sentBytes;
  private final Counter retries;
  private final AtomicInteger active = new AtomicInteger();

  /** Registers its meters. */
  public StoreMeter(MeterRegistry registry) {
    this.registry = registry;
    this.sentBytes =
        Counter.builder("piecework.store.sent")
            .baseUnit("bytes")
            .description(
                "Bytes of parts and objects that requests set out to send, repeated ones too")
            .register(registry);
    this.retries =
        Counter.builder("piecework.store.retries")
            .description("Requests to the store that were made again")
            .register(registry);
    Gauge.builder("piecework.store.active", active, AtomicInteger::get)
        .description("Requests to the store that wait for an answer")
        .register(registry);
  }

  /** A request is made again. */
  void repeated() {
    retries.increment();
  }

  @Override
  public Response intercept(Chain chain) throws IOException {
    Request request = chain.request();
    RequestBody body = request.body();
    if (body != null && body.contentLength() > 0) {
      sentBytes.increment((double) body.contentLength());
    }
    active.incrementAndGet();
    long begun = System.nanoTime();
    String outcome = "no_answer";
    try {
      Response response = chain.proceed(request);
      outcome = outcome(response.code());
      return response;
    } finally {
      active.decrementAndGet();
      timer(operation(request), chain.call().isCanceled() ? "cancelled" : outcome)
          .record(Duration.ofNanos(System.nanoTime() - begun));
    }
  }

  private Timer timer(String operation, String outcome) {
    return Timer.builder("piecework.store.requests")
        .description("Requests to the store, to the first byte of the answer")
        .tag("operation", operation)
        .tag("outcome", outcome)
        .serviceLevelObjectives(
            Duration.ofMillis(50),
            Duration.ofMillis(250),
            Duration.ofSeconds(1),
            Duration.ofSeconds(5),
            Duration.ofSeconds(30),
            Duration.ofMinutes(2))
        .register(registry);
  }

  private static String outcome(int status) {
    if (status < 400) {
      return "ok";
    }
    return status < 500 ? "refused" : "failed";
  }

  /** What S3 calls the request; see the API reference's list of actions. */
  private static String operation(Request request) {
    HttpUrl url = request.url();
    boolean upload = url.queryParameter("uploadId") != null;
    return switch (request.method()) {
      case "PUT" -> upload ? "upload_part" : "put_object";
      case "POST" -> upload ? "complete_upload" : "create_upload";
      case "DELETE" -> upload ? "abort_upload" : "delete_object";
      case "HEAD" -> "head";
      case "GET" -> upload ? "list_parts" : "get_object";
      default -> "other";
    };
  }
}
