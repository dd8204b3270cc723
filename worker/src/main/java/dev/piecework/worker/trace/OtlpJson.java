package dev.piecework.worker.trace;

import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.json.JsonMapper;

/**
 * Spans as a collector takes them: the JSON form of OTLP's ExportTraceServiceRequest (OpenTelemetry
 * Protocol 1.x, "JSON Protobuf Encoding": ids in hexadecimal, 64-bit numbers as text). A few lines,
 * instead of an SDK of several megabytes for one kind of span.
 */
final class OtlpJson {
  private static final JsonMapper JSON = new JsonMapper();
  private static final int KIND_CONSUMER = 5;
  private static final int STATUS_ERROR = 2;

  private OtlpJson() {}

  /**
   * @param resource what says which worker recorded them
   */
  static byte[] encode(Map<String, String> resource, List<Span> spans) {
    return JSON.writeValueAsBytes(
        Map.of(
            "resourceSpans",
            List.of(
                Map.of(
                    "resource",
                    Map.of("attributes", attributes(resource)),
                    "scopeSpans",
                    List.of(
                        Map.of(
                            "scope",
                            Map.of("name", "dev.piecework.worker"),
                            "spans",
                            spans.stream().map(OtlpJson::span).toList()))))));
  }

  private static Map<String, Object> span(Span span) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("traceId", span.parent().traceId());
    fields.put("spanId", span.spanId());
    fields.put("parentSpanId", span.parent().spanId());
    fields.put("name", span.name());
    fields.put("kind", KIND_CONSUMER);
    fields.put("startTimeUnixNano", nanos(span.start()));
    fields.put("endTimeUnixNano", nanos(span.end()));
    fields.put("attributes", attributes(span.attributes()));
    span.error()
        .ifPresent(why -> fields.put("status", Map.of("code", STATUS_ERROR, "message", why)));
    return fields;
  }

  private static List<Map<String, Object>> attributes(Map<String, String> pairs) {
    List<Map<String, Object>> list = new ArrayList<>();
    new TreeMap<>(pairs)
        .forEach(
            (name, value) -> list.add(Map.of("key", name, "value", Map.of("stringValue", value))));
    return list;
  }

  private static String nanos(Instant time) {
    return Long.toString(Math.addExact(time.getEpochSecond() * 1_000_000_000L, time.getNano()));
  }
}
