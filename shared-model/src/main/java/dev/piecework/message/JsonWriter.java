package dev.piecework.message;

import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/** Writes messages: the other half of {@link JsonReader}. */
final class JsonWriter {
  private static final JsonFactory FACTORY = new JsonFactory();

  private JsonWriter() {}

  /** One object in UTF-8, without white space. */
  static byte[] write(Consumer<JsonGenerator> members) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (JsonGenerator json = FACTORY.createGenerator(ObjectWriteContext.empty(), out)) {
      json.writeStartObject();
      members.accept(json);
      json.writeEndObject();
    }
    return out.toByteArray();
  }

  /** Nothing when there are none; else in the order of their names, so that bytes are stable. */
  static void texts(JsonGenerator json, String name, Map<String, String> texts) {
    if (!texts.isEmpty()) {
      json.writeName(name);
      json.writeStartObject();
      new TreeMap<>(texts).forEach(json::writeStringProperty);
      json.writeEndObject();
    }
  }

  /** Nothing when there are none. */
  static void texts(JsonGenerator json, String name, List<String> texts) {
    if (!texts.isEmpty()) {
      json.writeName(name);
      json.writeStartArray();
      texts.forEach(json::writeString);
      json.writeEndArray();
    }
  }
}
