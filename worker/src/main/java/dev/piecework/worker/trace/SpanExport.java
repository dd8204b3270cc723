package dev.piecework.worker.trace;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends spans to a collector, in the background. Never holds up a job: when the collector is away,
 * what was to be sent is dropped, and said once.
 */
final class SpanExport implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SpanExport.class);
  private static final int WAITING = 1000;
  private static final int AT_ONCE = 100;

  /** How long it takes to notice that there is an end. */
  private static final Duration LOOK = Duration.ofMillis(200);

  private static final Duration TIMEOUT = Duration.ofSeconds(5);
  private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(2);

  private final URI traces;
  private final Map<String, String> resource;
  private final HttpClient client = HttpClient.newBuilder().connectTimeout(TIMEOUT).build();
  private final BlockingQueue<Span> waiting = new ArrayBlockingQueue<>(WAITING);
  private final Thread thread;
  private volatile boolean closing;
  private boolean lost;

  SpanExport(URI traces, Map<String, String> resource) {
    this.traces = traces;
    this.resource = Map.copyOf(resource);
    this.thread = Thread.ofVirtual().name("spans").start(this::run);
  }

  /** Has a span sent some time. */
  void add(Span span) {
    if (!waiting.offer(span)) {
      LOG.debug("a span is dropped: {} wait for {}", WAITING, traces);
    }
  }

  private void run() {
    try {
      while (!closing || !waiting.isEmpty()) {
        Span next = waiting.poll(LOOK.toMillis(), TimeUnit.MILLISECONDS);
        if (next != null) {
          send(next);
        }
      }
    } catch (InterruptedException e) {
      LOG.debug("what has not been sent by now is not sent");
    }
  }

  private void send(Span first) throws InterruptedException {
    List<Span> batch = new ArrayList<>(List.of(first));
    waiting.drainTo(batch, AT_ONCE - 1);
    HttpRequest request =
        HttpRequest.newBuilder(traces)
            .timeout(TIMEOUT)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofByteArray(OtlpJson.encode(resource, batch)))
            .build();
    try {
      HttpResponse<Void> answer = client.send(request, HttpResponse.BodyHandlers.discarding());
      if (answer.statusCode() / 100 == 2) {
        lost = false;
      } else {
        lost("it answered HTTP " + answer.statusCode());
      }
    } catch (IOException e) {
      lost(e.toString());
    }
  }

  private void lost(String why) {
    if (!lost) {
      LOG.warn("spans are lost: the collector at {} does not take them: {}", traces, why);
    }
    lost = true;
  }

  /** Sends what waits, if that does not take long. */
  @Override
  public void close() {
    closing = true;
    try {
      if (!thread.join(CLOSE_PATIENCE)) {
        thread.interrupt();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    client.shutdownNow();
  }
}
