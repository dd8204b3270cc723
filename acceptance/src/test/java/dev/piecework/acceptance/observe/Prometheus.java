package dev.piecework.acceptance.observe;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.piecework.testkit.ManagedProcess;
import dev.piecework.testkit.Needs;
import dev.piecework.testkit.Ports;
import dev.piecework.testkit.Processes;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** A Prometheus that scrapes one worker every second and evaluates the rules. */
final class Prometheus implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofMinutes(2);

  private final ManagedProcess process;
  private final int port;

  private Prometheus(ManagedProcess process, int port) {
    this.process = process;
    this.port = port;
  }

  static Prometheus start(Path folder, int workerPort) throws IOException {
    Needs.program("prometheus", "prometheus");
    int port = Ports.free();
    Path configuration = folder.resolve("prometheus.yml");
    Files.writeString(
        configuration,
        """
        global: {scrape_interval: 1s, evaluation_interval: 1s}
        rule_files: ['%s']
        scrape_configs:
          - job_name: piecework
            static_configs: [{targets: ['127.0.0.1:%d']}]
        """
            .formatted(Observability.RULES, workerPort));
    ManagedProcess process =
        Processes.command(
                "prometheus",
                "--config.file=" + configuration,
                "--storage.tsdb.path=" + folder.resolve("data"),
                "--web.listen-address=127.0.0.1:" + port)
            .name("prometheus")
            .start();
    process.awaitReady("Prometheus", LIMIT, () -> Ports.accepts(Ports.loopback(port)));
    return new Prometheus(process, port);
  }

  /** What an instant query finds. */
  JsonNode query(String expression) throws IOException {
    JsonNode answer =
        get("/api/v1/query?query=" + URLEncoder.encode(expression, StandardCharsets.UTF_8));
    if (!answer.path("status").asText().equals("success")) {
      throw new AssertionError(expression + ": " + answer);
    }
    return answer.path("data").path("result");
  }

  JsonNode targets() throws IOException {
    return get("/api/v1/targets").path("data").path("activeTargets");
  }

  JsonNode rules() throws IOException {
    return get("/api/v1/rules").path("data").path("groups");
  }

  private JsonNode get(String path) throws IOException {
    HttpURLConnection connection =
        (HttpURLConnection) URI.create("http://127.0.0.1:" + port + path).toURL().openConnection();
    try (InputStream body =
        connection.getResponseCode() < 400
            ? connection.getInputStream()
            : connection.getErrorStream()) {
      return new ObjectMapper().readTree(body);
    }
  }

  @Override
  public void close() {
    process.close();
  }
}
