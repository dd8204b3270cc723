package dev.piecework.acceptance.deploy;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.Map;

/** The Prometheus operator's objects as far as the chart uses them. */
final class MonitoringObjects {
  private MonitoringObjects() {}

  record Metadata(String name, String namespace, Map<String, String> labels) {}

  record PodMonitor(String apiVersion, String kind, Metadata metadata, PodMonitorSpec spec) {}

  record PodMonitorSpec(Selector selector, List<Endpoint> podMetricsEndpoints) {}

  record Selector(Map<String, String> matchLabels) {}

  record Endpoint(String port, String path, String interval) {}

  record PrometheusRule(String apiVersion, String kind, Metadata metadata, RuleSpec spec) {}

  record RuleSpec(List<Group> groups) {}

  record Group(String name, List<Rule> rules) {}

  record Rule(
      String alert,
      String expr,
      @JsonProperty("for") String duration,
      Map<String, String> labels,
      Map<String, String> annotations) {}
}
