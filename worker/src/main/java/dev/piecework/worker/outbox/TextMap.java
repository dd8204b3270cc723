package dev.piecework.worker.outbox;

import java.util.Map;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/** A map of strings as a JSON object, for columns. */
public final class TextMap {
  private static final JsonMapper JSON = new JsonMapper();
  private static final TypeReference<Map<String, String>> TYPE = new TypeReference<>() {};

  private TextMap() {}

  /** As JSON. */
  public static String write(Map<String, String> map) {
    return JSON.writeValueAsString(map);
  }

  /** From JSON that {@link #write} made. */
  public static Map<String, String> read(String json) {
    return Map.copyOf(JSON.readValue(json, TYPE));
  }
}
