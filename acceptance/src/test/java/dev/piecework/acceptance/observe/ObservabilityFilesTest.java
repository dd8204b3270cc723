package dev.piecework.acceptance.observe;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.piecework.acceptance.observe.Observability.Alert;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** What can be said of the files without a worker. */
class ObservabilityFilesTest {
  @Test
  void everyAlertSaysWhatToDo() {
    String operations = Observability.text(Observability.file("docs/operations.md"));
    Set<String> sections = new TreeSet<>();
    operations
        .lines()
        .filter(line -> line.startsWith("#### Piecework"))
        .forEach(line -> sections.add(line.substring("#### ".length()).strip()));
    Set<String> alerts = new TreeSet<>();
    Observability.alerts().forEach(alert -> alerts.add(alert.name()));

    assertThat(sections).isEqualTo(alerts);
  }

  @Test
  void everyAlertIsTriedOut() {
    String trials =
        Observability.text(
            Observability.file(
                "acceptance/src/test/resources/dev/piecework/acceptance/observe/rules.test.yml"));
    assertThat(Observability.alerts())
        .isNotEmpty()
        .allSatisfy(alert -> assertThat(trials).contains("alertname: " + alert.name() + "\n"));
  }

  @Test
  void everyMetricOfRulesAndDashboardIsOnTheMetricsPage() throws IOException {
    String page = Observability.text(Observability.METRICS_PAGE);
    List<String> expressions = new ArrayList<>();
    Observability.alerts().stream().map(Alert::expression).forEach(expressions::add);
    Observability.queries().forEach(query -> expressions.add(query.expression()));

    assertThat(expressions)
        .allSatisfy(expression -> {
          assertThat(Observability.metrics(expression)).isNotEmpty();
          assertThat(Observability.metrics(expression))
              .allSatisfy(name -> assertThat(documented(page, name)).as(name).isTrue());
        });
  }

  @Test
  void everyPanelHasItsPlaceAndAsksTheChosenPrometheus() throws IOException {
    JsonNode dashboard = new ObjectMapper().readTree(Observability.DASHBOARD.toFile());
    Set<Integer> ids = new HashSet<>();
    Set<String> taken = new HashSet<>();
    for (JsonNode panel : dashboard.path("panels")) {
      assertThat(ids.add(panel.path("id").asInt())).as(panel.path("title").asText()).isTrue();
      JsonNode place = panel.path("gridPos");
      for (int x = 0; x < place.path("w").asInt(); x++) {
        for (int y = 0; y < place.path("h").asInt(); y++) {
          String cell = (place.path("x").asInt() + x) + "," + (place.path("y").asInt() + y);
          assertThat(taken.add(cell)).as("%s at %s", panel.path("title"), cell).isTrue();
        }
      }
      for (JsonNode target : panel.path("targets")) {
        assertThat(target.path("datasource").path("uid").asText()).isEqualTo("${datasource}");
      }
    }
    assertThat(ids).hasSizeGreaterThan(30);
  }

  private static boolean documented(String page, String name) {
    String family = name.replaceFirst("_(bucket|count|sum|max)$", "");
    return page.contains("| `%s` |".formatted(name)) || page.contains("| `%s` |".formatted(family));
  }
}
