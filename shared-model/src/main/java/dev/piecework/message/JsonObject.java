package dev.piecework.message;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A JSON object as read, with its place in the message, so that every complaint names it. A member
 * that is {@code null} counts as absent; members that its {@link Shape} does not name are ignored.
 */
final class JsonObject {
  /** Stands for {@code null} in arrays, where it cannot count as absent. */
  static final Object NULL = new Object();

  private final String path;
  private final Map<String, Object> members;

  /**
   * @param members values are {@code String}, {@code Long}, {@code Double}, {@code Boolean}, {@code
   *     byte[]}, {@code Map}, {@code List}, {@link JsonObject}, or the {@link MessageException}
   *     that says what is wrong with them; in lists also {@link #NULL}
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

  /** The value of a member, or what is wrong with it. */
  private Optional<Object> value(String name) throws MessageException {
    Object value = members.get(name);
    if (value instanceof MessageException fault) {
      throw fault;
    }
    return Optional.ofNullable(value);
  }

  Optional<String> text(String name) throws MessageException {
    Optional<Object> value = value(name);
    return value.isEmpty() ? Optional.empty() : Optional.of(asText(path(name), value.get()));
  }

  /** Bytes that were sent in Base64. */
  Optional<byte[]> bytes(String name) throws MessageException {
    Optional<Object> value = value(name);
    if (value.isPresent() && !(value.get() instanceof byte[])) {
      throw MessageException.wrongType(path(name), kind(value.get()), "a string");
    }
    return value.map(byte[].class::cast);
  }

  String requiredText(String name, String expected) throws MessageException {
    return text(name).orElseThrow(() -> MessageException.missing(path(name), expected));
  }

  Optional<JsonObject> object(String name) throws MessageException {
    Optional<Object> value = value(name);
    return value.isEmpty() ? Optional.empty() : Optional.of(asObject(path(name), value.get()));
  }

  JsonObject requiredObject(String name, String expected) throws MessageException {
    return object(name).orElseThrow(() -> MessageException.missing(path(name), expected));
  }

  Optional<Long> integer(String name, long least, long most) throws MessageException {
    Optional<Object> given = value(name);
    if (given.isEmpty()) {
      return Optional.empty();
    }
    Object value = given.get();
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
    Optional<Object> given = value(name);
    if (given.isEmpty()) {
      return Optional.empty();
    }
    Object value = given.get();
    if (!(value instanceof Number number)) {
      throw MessageException.wrongType(path(name), kind(value), "a number");
    }
    return Optional.of(number.doubleValue());
  }

  Optional<Boolean> flag(String name) throws MessageException {
    Optional<Object> given = value(name);
    if (given.isEmpty()) {
      return Optional.empty();
    }
    Object value = given.get();
    if (!(value instanceof Boolean flag)) {
      throw MessageException.wrongType(path(name), kind(value), "true or false");
    }
    return Optional.of(flag);
  }

  boolean requiredFlag(String name) throws MessageException {
    return flag(name).orElseThrow(() -> MessageException.missing(path(name), "true or false"));
  }

  /** The strings of an array; empty when absent. */
  List<String> texts(String name) throws MessageException {
    List<String> texts = new ArrayList<>();
    for (Object value : array(name)) {
      texts.add(asText(path(name) + "[" + texts.size() + "]", value));
    }
    return texts;
  }

  /**
   * What was made of the objects of an array; empty when absent.
   *
   * @param type what the array's {@link Shape.Forms} makes
   */
  <T> List<T> list(String name, Class<T> type) throws MessageException {
    List<T> list = new ArrayList<>();
    for (Object value : array(name)) {
      list.add(type.cast(value));
    }
    return list;
  }

  /** An object whose values are strings; empty when absent. */
  Map<String, String> textMap(String name) throws MessageException {
    Optional<Object> value = value(name);
    if (value.isEmpty()) {
      return Map.of();
    }
    if (!(value.get() instanceof Map<?, ?> values)) {
      throw MessageException.wrongType(path(name), kind(value.get()), "an object");
    }
    Map<String, String> texts = new LinkedHashMap<>();
    for (Map.Entry<?, ?> entry : values.entrySet()) {
      String key = (String) entry.getKey();
      texts.put(
          key, asText(path(name) + "[" + MessageException.quote(key) + "]", entry.getValue()));
    }
    return texts;
  }

  private List<?> array(String name) throws MessageException {
    Optional<Object> value = value(name);
    if (value.isEmpty()) {
      return List.of();
    }
    if (!(value.get() instanceof List<?> list)) {
      throw MessageException.wrongType(path(name), kind(value.get()), "an array");
    }
    return list;
  }

  private static String asText(String path, Object value) throws MessageException {
    if (value instanceof MessageException fault) {
      throw fault;
    }
    if (!(value instanceof String text)) {
      throw MessageException.wrongType(path, kind(value), "a string");
    }
    return text;
  }

  static JsonObject asObject(String path, Object value) throws MessageException {
    if (!(value instanceof JsonObject object)) {
      throw MessageException.wrongType(path, kind(value), "an object");
    }
    return object;
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
      case String _, byte[] _ -> "a string";
      case Long _ -> "an integer";
      case Double _ -> "a number with a fraction";
      case Boolean _ -> "a boolean";
      case List<?> _ -> "an array";
      default -> "an object";
    };
  }
}
