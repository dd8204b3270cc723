package dev.piecework.acceptance.observe;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.piecework.acceptance.ObservedWorker;
import dev.piecework.testkit.Await;
import dev.piecework.testkit.Needs;
import dev.piecework.testkit.Processes;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A worker's process that has done a job, and Prometheus beside it: what is documented, drawn and
 * alerted on is what there is.
 */
class ObservabilityIT {
  private static final Duration LIMIT = Duration.ofMinutes(3);

  /** A short life may pass without one. */
  private static final Set<String> MAY_BE_ABSENT = Set.of("jvm_gc_pause_seconds");

  private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";

  @TempDir private Path folder = Path.of("");

  @Test
  void promtoolFindsNoFaultAndEveryAlertFiresWhenItShould() {
    Needs.program("promtool", "prometheus");
    Processes.command("promtool", "check", "rules", Observability.RULES.toString())
        .run(LIMIT)
        .orThrow();
    Processes.command(
            "promtool",
            "check",
            "config",
            "--syntax-only",
            Observability.file("deploy/prometheus/prometheus.yml").toString())
        .run(LIMIT)
        .orThrow();
    Processes.command("promtool", "test", "rules", "rules.test.yml")
        .directory(
            Observability.file("acceptance/src/test/resources/dev/piecework/acceptance/observe"))
        .run(LIMIT)
        .orThrow();
  }

  @Test
  void aRealPrometheusFindsAllThatIsDocumentedDrawnAndAlertedOn() throws Exception {
    Needs.program("prometheus", "prometheus");
    try (ObservedWorker worker = ObservedWorker.start(folder);
        Prometheus prometheus = Prometheus.start(folder, worker.httpPort())) {
      Await.until("the target to be up", LIMIT, () -> up(prometheus));
      worker.runJob("00-" + TRACE + "-b7ad6b7169203331-01");
      Await.until(
          "the job in Prometheus",
          LIMIT,
          () -> value(prometheus, "sum(piecework_runs_ended_total{state=\"completed\"})") == 1);
      // A rate needs two scrapes.
      Await.until(
          "rates", LIMIT, () -> value(prometheus, "count_over_time(piecework_torrents[1m])") > 2);

      assertTheLogIsJsonAndHasTheTrace(worker.log());
      assertRulesAreHealthyAndQuiet(prometheus);
      assertEveryPanelHasData(prometheus);
      assertThePageIsTheExport(export(worker.httpPort()));
    }
  }

  private static void assertTheLogIsJsonAndHasTheTrace(String log) throws IOException {
    List<JsonNode> ofTheJob = new ArrayList<>();
    for (String line : log.lines().toList()) {
      JsonNode entry = new ObjectMapper().readTree(line);
      assertThat(entry.path("@timestamp").asText()).as(line).isNotEmpty();
      assertThat(entry.path("message").asText()).as(line).isNotEmpty();
      if (entry.has("job")) {
        ofTheJob.add(entry);
      }
    }
    assertThat(ofTheJob)
        .isNotEmpty()
        .allSatisfy(entry -> {
          assertThat(entry.path("trace").asText()).isEqualTo(TRACE);
          assertThat(entry.path("epoch").asText()).isEqualTo("1");
          assertThat(entry.path("level").asText()).isEqualTo("INFO");
        });
    // Of the intake, of the engine's threads, and of the run's own.
    assertThat(ofTheJob)
        .extracting(entry -> entry.path("message").asText())
        .anyMatch(message -> message.contains("QUEUED -> RUNNING"))
        .anyMatch(message -> message.startsWith("Torrent "))
        .anyMatch(message -> message.contains("RUNNING -> COMPLETED"));
  }

  private static boolean up(Prometheus prometheus) throws IOException {
    JsonNode targets = prometheus.targets();
    return targets.size() == 1 && targets.path(0).path("health").asText().equals("up");
  }

  private static double value(Prometheus prometheus, String expression) throws IOException {
    JsonNode result = prometheus.query(expression);
    return result.isEmpty() ? Double.NaN : result.path(0).path("value").path(1).asDouble();
  }

  private static void assertRulesAreHealthyAndQuiet(Prometheus prometheus) {
    Await.until(
        "every rule's evaluation",
        LIMIT,
        () -> {
          for (JsonNode rule : prometheus.rules().path(0).path("rules")) {
            if (rule.path("health").asText().equals("unknown")) {
              return false;
            }
          }
          return true;
        });
    List<String> seen = new ArrayList<>();
    try {
      for (JsonNode rule : prometheus.rules().path(0).path("rules")) {
        seen.add(rule.path("name").asText());
        assertThat(rule.path("health").asText()).as(rule.toString()).isEqualTo("ok");
        assertThat(rule.path("state").asText()).as(rule.toString()).isNotEqualTo("firing");
      }
    } catch (IOException e) {
      throw new AssertionError("Prometheus does not answer", e);
    }
    assertThat(seen).hasSameSizeAs(Observability.alerts());
  }

  private static void assertEveryPanelHasData(Prometheus prometheus) throws IOException {
    List<String> empty = new ArrayList<>();
    for (Observability.Query query : Observability.queries()) {
      if (prometheus.query(query.expression()).isEmpty()
          && Observability.metrics(query.expression()).stream()
              .noneMatch(name -> name.startsWith("jvm_gc_pause"))) {
        empty.add(query.panel() + ": " + query.expression());
      }
    }
    assertThat(empty).isEmpty();
  }

  private static Export export(int port) throws IOException {
    try (InputStream body =
        URI.create("http://127.0.0.1:" + port + "/metrics").toURL().openStream()) {
      return Export.parse(new String(body.readAllBytes(), StandardCharsets.UTF_8));
    }
  }

  /** The table of docs/metrics.md, line by line; what it should be lies in target then. */
  private static void assertThePageIsTheExport(Export export) throws IOException {
    Map<String, String> documented = new TreeMap<>();
    Observability.text(Observability.METRICS_PAGE)
        .lines()
        .filter(line -> line.startsWith("| `") && line.split("\\|").length == 6)
        .forEach(line -> documented.put(line.split("`")[1], line));
    Map<String, String> exported = export.rows();
    Files.writeString(
        Observability.file("acceptance/target/metrics-table.md"),
        String.join("\n", exported.values()) + "\n");
    Set<String> missing = new TreeSet<>(documented.keySet());
    missing.removeAll(exported.keySet());
    missing.removeAll(MAY_BE_ABSENT);
    assertThat(missing).as("documented, but not exported").isEmpty();
    assertThat(documented)
        .as("docs/metrics.md is not what a worker exports: see acceptance/target/metrics-table.md")
        .containsAllEntriesOf(exported);
    assertThat(export.families().values())
        .allSatisfy(family ->
            assertThat(family.labels)
                .as("%s: a label for each job would swamp any Prometheus", family.name)
                .doesNotContain("job", "job_id", "info_hash", "peer", "bucket", "tracker"));
  }
}
