package dev.piecework.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;

/** Asks a worker about itself, as Prometheus and Kubernetes do. */
final class StatusClient {
  private StatusClient() {}

  record Answer(int status, String text) {}

  static Answer ask(WorkerApplication worker, String path) throws IOException {
    InetSocketAddress address = worker.statusAddress().orElseThrow();
    HttpURLConnection connection =
        (HttpURLConnection)
            URI.create("http://127.0.0.1:" + address.getPort() + path).toURL().openConnection();
    int status = connection.getResponseCode();
    try (InputStream body =
        status < 400 ? connection.getInputStream() : connection.getErrorStream()) {
      return new Answer(status, new String(body.readAllBytes(), StandardCharsets.UTF_8));
    }
  }

  /** Every sample by its name with labels, as {@code piecework_jobs{state="queued"}}. */
  static Map<String, Double> metrics(WorkerApplication worker) throws IOException {
    Answer answer = ask(worker, "/metrics");
    assertThat(answer.status()).isEqualTo(200);
    Map<String, Double> samples = new TreeMap<>();
    answer
        .text()
        .lines()
        .filter(line -> !line.startsWith("#"))
        .forEach(line -> {
          int space = line.lastIndexOf(' ');
          samples.put(line.substring(0, space), Double.valueOf(line.substring(space + 1)));
        });
    return samples;
  }
}
