package dev.piecework.acceptance.observe;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** The files that operators are given. */
final class Observability {
  static final Path RULES = file("helm/piecework/observability/piecework.rules.yml");
  static final Path DASHBOARD = file("helm/piecework/observability/dashboard.json");
  static final Path METRICS_PAGE = file("docs/metrics.md");

  /** What stands before a parenthesis or behind "by" is no metric. */
  private static final Pattern METRIC = Pattern.compile("\\b(?:piecework|jvm|process|system)_\\w+");

  private Observability() {}

  /** An alert's name and expression. */
  record Alert(String name, String expression) {}

  /** A panel's title and one of its queries, with what Grafana puts in. */
  record Query(String panel, String expression) {}

  static Path file(String path) {
    Path folder = Path.of("").toAbsolutePath();
    while (!Files.exists(folder.resolve("mvnw"))) {
      folder = folder.getParent();
      if (folder == null) {
        throw new AssertionError("no folder above the working directory holds mvnw");
      }
    }
    return folder.resolve(path);
  }

  static String text(Path path) {
    try {
      return Files.readString(path);
    } catch (IOException e) {
      throw new AssertionError("cannot read " + path, e);
    }
  }

  static List<Alert> alerts() {
    Object root = new Yaml(new SafeConstructor(new LoaderOptions())).load(text(RULES));
    List<Alert> alerts = new ArrayList<>();
    for (Object group : (List<?>) member(root, "groups")) {
      for (Object rule : (List<?>) member(group, "rules")) {
        alerts.add(new Alert((String) member(rule, "alert"), (String) member(rule, "expr")));
      }
    }
    return alerts;
  }

  private static Object member(Object map, String key) {
    return Objects.requireNonNull(((Map<?, ?>) map).get(key), key);
  }

  static List<Query> queries() throws IOException {
    JsonNode dashboard = new ObjectMapper().readTree(DASHBOARD.toFile());
    List<Query> queries = new ArrayList<>();
    for (JsonNode panel : dashboard.path("panels")) {
      for (JsonNode target : panel.path("targets")) {
        queries.add(
            new Query(
                panel.path("title").asText(),
                target
                    .path("expr")
                    .asText()
                    .replace("$__rate_interval", "1m")
                    .replace("$instance", ".*")));
      }
    }
    return queries;
  }

  /** Names of metrics in an expression. */
  static Set<String> metrics(String expression) {
    Set<String> names = new TreeSet<>();
    METRIC.matcher(expression).results().map(MatchResult::group).forEach(names::add);
    return names;
  }
}
