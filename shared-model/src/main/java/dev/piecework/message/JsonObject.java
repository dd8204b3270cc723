package dev.piecework.message;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A JSON object as read, with its place in the message, so that every complaint names it. A member
 * that is {@code null} counts as absent; members nobody asks for are ignored.
 */
final class JsonObject {
  /** Stands for {@code null} in arrays, where it cannot count as absent. */
  static final Object NULL = new Object();

  private final String path;
  private final Map<String, Object> members;

  /**
   * @param members values are {@code String}, {@code Long}, {@code Double}, {@code Boolean}, {@code
   *     Map}, {@code List} or {@link #NULL}
   */
  JsonObject(String path, Map<String, Object> members) {
    this.path = path;
    this.members = members;
  }

  String path(String name) {
    return path + "." + name;
  }

  boolean has(String name) {
    return members.containsKey(name);
  }

  Optional<String> text(String name) throws MessageException {
    Object value = members.get(name);
    if (value == null) {
      return Optional.empty();
    }
    return Optional.of(asText(path(name), value));
  }

  String requiredText(String name, String expected) throws MessageException {
    return text(name).orElseThrow(() -> MessageException.missing(path(name), expected));
  }

  Optional<JsonObject> object(String name) throws MessageException {
    Object value = members.get(name);
    if (value == null) {
      return Optional.empty();
    }
    return Optional.of(asObject(path(name), value));
  }

  JsonObject requiredObject(String name, String expected) throws MessageException {
    return object(name).orElseThrow(() -> MessageException.missing(path(name), expected));
  }

  Optional<Long> integer(String name, long least, long most) throws MessageException {
    Object value = members.get(name);
    if (value == null) {
      return Optional.empty();
    }
    String expected = integerRange(least, most);
    if (value instanceof Double number && Math.rint(number) == number) {
      // 3.0 is an integer in JSON Schema; what a long cannot hold is out of range here.
      value = number.longValue();
    }
    if (!(value instanceof Long number)) {
      throw MessageException.wrongType(path(name), kind(value), expected);
    }
    if (number < least || number > most) {
      throw MessageException.invalid(path(name), "is " + number, expected);
    }
    return Optional.of(number);
  }

  long requiredInteger(String name, long least, long most) throws MessageException {
    return integer(name, least, most)
        .orElseThrow(() -> MessageException.missing(path(name), integerRange(least, most)));
  }

  long requiredCount(String name) throws MessageException {
    return requiredInteger(name, 0, Long.MAX_VALUE);
  }

  int requiredInt(String name) throws MessageException {
    return Math.toIntExact(requiredInteger(name, 0, Integer.MAX_VALUE));
  }

  Optional<Double> number(String name) throws MessageException {
    Object value = members.get(name);
    if (value == null) {
      return Optional.empty();
    }
    if (!(value instanceof Number number)) {
      throw MessageException.wrongType(path(name), kind(value), "a number");
    }
    return Optional.of(number.doubleValue());
  }

  Optional<Boolean> flag(String name) throws MessageException {
    Object value = members.get(name);
    if (value == null) {
      return Optional.empty();
    }
    if (!(value instanceof Boolean flag)) {
      throw MessageException.wrongType(path(name), kind(value), "true or false");
    }
    return Optional.of(flag);
  }

  boolean requiredFlag(String name) throws MessageException {
    return flag(name).orElseThrow(() -> MessageException.missing(path(name), "true or false"));
  }

  /** The strings of an array; empty when absent. */
  List<String> texts(String name, int most) throws MessageException {
    List<String> texts = new ArrayList<>();
    for (Object value : array(name, most)) {
      texts.add(asText(path(name) + "[" + texts.size() + "]", value));
    }
    return texts;
  }

  /** The objects of an array; empty when absent. */
  List<JsonObject> objects(String name, int most) throws MessageException {
    List<JsonObject> objects = new ArrayList<>();
    for (Object value : array(name, most)) {
      objects.add(asObject(path(name) + "[" + objects.size() + "]", value));
    }
    return objects;
  }

  /** An object whose values are strings; empty when absent. */
  Map<String, String> textMap(String name, int most) throws MessageException {
    Optional<JsonObject> object = object(name);
    if (object.isEmpty()) {
      return Map.of();
    }
    Map<String, Object> values = object.get().members;
    if (values.size() > most) {
      throw MessageException.invalid(
          path(name), "has " + values.size() + " members", "at most " + most);
    }
    Map<String, String> texts = new LinkedHashMap<>();
    for (Map.Entry<String, Object> entry : values.entrySet()) {
      texts.put(
          entry.getKey(),
          asText(
              path(name) + "[" + MessageException.quote(entry.getKey()) + "]", entry.getValue()));
    }
    return texts;
  }

  private List<?> array(String name, int most) throws MessageException {
    Object value = members.get(name);
    if (value == null) {
      return List.of();
    }
    if (!(value instanceof List<?> list)) {
      throw MessageException.wrongType(path(name), kind(value), "an array");
    }
    if (list.size() > most) {
      throw MessageException.invalid(
          path(name), "has " + list.size() + " elements", "at most " + most);
    }
    return list;
  }

  private static String asText(String path, Object value) throws MessageException {
    if (!(value instanceof String text)) {
      throw MessageException.wrongType(path, kind(value), "a string");
    }
    return text;
  }

  @SuppressWarnings("unchecked") // maps are made by JsonReader alone, with string keys
  private static JsonObject asObject(String path, Object value) throws MessageException {
    if (!(value instanceof Map<?, ?> map)) {
      throw MessageException.wrongType(path, kind(value), "an object");
    }
    return new JsonObject(path, (Map<String, Object>) map);
  }

  private static String integerRange(long least, long most) {
    return most == Long.MAX_VALUE
        ? "an integer of " + least + " or more"
        : "an integer from " + least + " to " + most;
  }

  private static String kind(Object value) {
    if (value == NULL) {
      return "null";
    }
    return switch (value) {
      case String _ -> "a string";
      case Long _ -> "an integer";
      case Double _ -> "a number with a fraction";
      case Boolean _ -> "a boolean";
      case List<?> _ -> "an array";
      default -> "an object";
    };
  }
}
