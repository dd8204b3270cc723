package dev.piecework.message;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;

/**
 * Reads a message within limits. Uses Jackson's token stream alone: loading data binding would
 * double the start-up time of the command line.
 */
final class JsonReader {
  private static final int MAX_DEPTH = 32;
  private static final int MAX_NAME_LENGTH = 1000;
  private static final int MAX_NUMBER_LENGTH = 100;

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(MAX_DEPTH)
                  .maxNameLength(MAX_NAME_LENGTH)
                  .maxNumberLength(MAX_NUMBER_LENGTH)
                  .maxStringLength(JobMessageCodec.MAX_BYTES)
                  .maxDocumentLength(JobMessageCodec.MAX_BYTES)
                  .build())
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .build();

  private JsonReader() {}

  /**
   * @throws MessageException when it is too long, not JSON, or not an object
   */
  static JsonObject read(byte[] json) throws MessageException {
    if (json.length > JobMessageCodec.MAX_BYTES) {
      throw new MessageException(
          MessageError.TOO_LARGE,
          "$",
          "has " + json.length + " bytes",
          "at most " + JobMessageCodec.MAX_BYTES,
          "name a large torrent file by URL or s3:// instead of sending it inline");
    }
    try (JsonParser parser = FACTORY.createParser(ObjectReadContext.empty(), json)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw notJson("is not a JSON object");
      }
      Map<String, Object> root = object(parser, "$");
      if (parser.nextToken() != null) {
        throw notJson("has something after the JSON object");
      }
      return new JsonObject("$", root);
    } catch (JacksonException e) {
      // A broken limit has no location.
      String place =
          Optional.ofNullable(e.getLocation())
              .map(at -> " (line " + at.getLineNr() + ", column " + at.getColumnNr() + ")")
              .orElse("");
      // The parser quotes the damaged token as it stands: control characters would reach a log.
      String said = e.getOriginalMessage().lines().findFirst().orElse("");
      throw notJson(
          "is not JSON: "
              + said.replaceAll("[\\p{Cntrl}\\p{Cf}\\p{Cs}\u0080-\u009f]", "?")
              + place);
    }
  }

  private static MessageException notJson(String problem) {
    return new MessageException(
        MessageError.NOT_JSON,
        "$",
        problem,
        "one JSON object in UTF-8",
        "compare it with docs/messages.md");
  }

  private static Map<String, Object> object(JsonParser parser, String path)
      throws MessageException {
    Map<String, Object> members = new LinkedHashMap<>();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String name = text(parser.currentName(), path);
      parser.nextToken();
      Object value = value(parser, child(path, name));
      if (value != JsonObject.NULL) {
        members.put(name, value);
      }
    }
    return members;
  }

  private static String child(String path, String name) {
    boolean plain = !name.isEmpty() && name.chars().allMatch(Character::isLetterOrDigit);
    return plain ? path + "." + name : path + "[" + MessageException.quote(name) + "]";
  }

  private static List<Object> array(JsonParser parser, String path) throws MessageException {
    List<Object> elements = new ArrayList<>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      elements.add(value(parser, path + "[" + elements.size() + "]"));
    }
    return elements;
  }

  private static Object value(JsonParser parser, String path) throws MessageException {
    return switch (parser.currentToken()) {
      case START_OBJECT -> object(parser, path);
      case START_ARRAY -> array(parser, path);
      case VALUE_STRING -> text(parser.getString(), path);
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      case VALUE_NULL -> JsonObject.NULL;
      case VALUE_NUMBER_FLOAT -> parser.getDoubleValue();
      case VALUE_NUMBER_INT ->
          parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER
              ? (Object) parser.getDoubleValue()
              : (Object) parser.getLongValue();
      case NOT_AVAILABLE, END_OBJECT, END_ARRAY, PROPERTY_NAME, VALUE_EMBEDDED_OBJECT ->
          throw notJson("ends too early");
    };
  }

  /** JSON can escape half a surrogate pair, which no UTF-8 (and so no object key) can hold. */
  private static String text(String text, String path) throws MessageException {
    for (int i = 0; i < text.length(); i++) {
      char unit = text.charAt(i);
      if (Character.isSurrogate(unit)) {
        boolean pair =
            Character.isHighSurrogate(unit)
                && i + 1 < text.length()
                && Character.isLowSurrogate(text.charAt(i + 1));
        if (!pair) {
          throw MessageException.invalid(path, "has half a surrogate pair", "Unicode text");
        }
        i++;
      }
    }
    return text;
  }
}
