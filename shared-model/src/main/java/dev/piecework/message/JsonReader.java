package dev.piecework.message;

import dev.piecework.message.Shape.Binary;
import dev.piecework.message.Shape.Form;
import dev.piecework.message.Shape.Forms;
import dev.piecework.message.Shape.Scalar;
import dev.piecework.message.Shape.TextMap;
import dev.piecework.message.Shape.Texts;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.Base64Variant;
import tools.jackson.core.Base64Variant.PaddingReadBehaviour;
import tools.jackson.core.Base64Variants;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.exc.StreamConstraintsException;
import tools.jackson.core.json.JsonFactory;

/**
 * Reads a message within limits, in one pass: what its {@link Shape} asks for is built, all else is
 * passed over. Uses Jackson's token stream alone: loading data binding would double the start-up
 * time of the command line.
 *
 * <p>What is wrong with a member that is asked for is told when somebody asks for it, so that the
 * version can be looked at first.
 */
final class JsonReader {
  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(JsonLimits.MAX_DEPTH)
                  .maxNameLength(JsonLimits.MAX_NAME_LENGTH)
                  .maxNumberLength(JsonLimits.MAX_NUMBER_LENGTH)
                  .maxStringLength(JsonLimits.MAX_STRING_LENGTH)
                  .maxDocumentLength(JobMessageCodec.MAX_BYTES)
                  .build())
          // A table of names would keep a million of them that nobody asks for.
          .disable(TokenStreamFactory.Feature.CANONICALIZE_PROPERTY_NAMES)
          .build();

  private static final Base64Variant BASE64 =
      Base64Variants.MIME_NO_LINEFEEDS.withReadPadding(PaddingReadBehaviour.PADDING_ALLOWED);

  private final JsonParser parser;
  private final JsonLimits limits;
  private int members;
  private int elements;

  private JsonReader(JsonParser parser, JsonLimits limits) {
    this.parser = parser;
    this.limits = limits;
  }

  /**
   * @param shape the members that are asked for
   * @throws MessageException when it is beyond a limit, not JSON, or not an object
   */
  static JsonObject read(byte[] json, Form shape, JsonLimits limits) throws MessageException {
    if (json.length > limits.bytes()) {
      throw new MessageException(
          MessageError.TOO_LARGE,
          "$",
          "has " + json.length + " bytes",
          "at most " + limits.bytes(),
          "name a large torrent file by URL or s3:// instead of sending it inline");
    }
    if (!WellFormedUtf8.holds(json)) {
      throw notJson("is not UTF-8");
    }
    try (JsonParser parser = FACTORY.createParser(ObjectReadContext.empty(), json)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw notJson("is not a JSON object");
      }
      JsonObject root = new JsonReader(parser, limits).form("$", shape);
      if (parser.nextToken() != null) {
        throw notJson("has something after the JSON object");
      }
      return root;
    } catch (StreamConstraintsException e) {
      throw beyond(e);
    } catch (JacksonException e) {
      throw damaged(e);
    }
  }

  /** An empty object of any form, for where one is left out. */
  static JsonObject nothing(String path) {
    return new JsonObject(path, Map.of());
  }

  private static MessageException damaged(JacksonException e) {
    String place =
        Optional.ofNullable(e.getLocation())
            .map(at -> " (line " + at.getLineNr() + ", column " + at.getColumnNr() + ")")
            .orElse("");
    return notJson("is not JSON: " + said(e) + place);
  }

  /** The parser quotes the damaged token as it stands: control characters would reach a log. */
  private static String said(JacksonException e) {
    String first =
        Optional.ofNullable(e.getOriginalMessage()).orElse("").lines().findFirst().orElse("");
    return first.replaceAll("[\\p{Cntrl}\\p{Cf}\\p{Cs}\u0080-\u009f]", "?");
  }

  private static MessageException beyond(StreamConstraintsException e) {
    String said = Optional.ofNullable(e.getOriginalMessage()).orElse("");
    if (said.contains("depth")) {
      return limit(
          MessageError.TOO_DEEP, "$", "arrays and objects inside each other", JsonLimits.MAX_DEPTH);
    }
    if (said.startsWith("Number")) {
      return limit(
          MessageError.NUMBER_TOO_LONG, "$", "digits in a number", JsonLimits.MAX_NUMBER_LENGTH);
    }
    if (said.contains("ame length") || said.contains("ame value")) {
      return limit(
          MessageError.STRING_TOO_LONG, "$", "characters in a name", JsonLimits.MAX_NAME_LENGTH);
    }
    if (said.startsWith("String")) {
      return limit(
          MessageError.STRING_TOO_LONG,
          "$",
          "characters in a string or number",
          JsonLimits.MAX_STRING_LENGTH);
    }
    return limit(MessageError.TOO_LARGE, "$", "bytes", JobMessageCodec.MAX_BYTES);
  }

  static MessageException limit(MessageError error, String path, String what, int most) {
    return new MessageException(
        error,
        path,
        "has more than " + most + " " + what,
        "at most " + most,
        "leave out what is not needed");
  }

  private static MessageException notJson(String problem) {
    return new MessageException(
        MessageError.NOT_JSON,
        "$",
        problem,
        "one JSON object in UTF-8",
        "compare it with docs/messages.md");
  }

  private JsonObject form(String path, Form shape) throws MessageException {
    Map<String, Object> read = new HashMap<>();
    while (nextMember()) {
      String name = parser.currentName();
      Shape wanted = shape.members().get(name);
      parser.nextToken();
      if (wanted == null) {
        skip();
      } else {
        String place = child(path, name);
        refuseDuplicate(read, name, place);
        read.put(name, value(place, wanted));
      }
    }
    read.values().removeIf(value -> value == JsonObject.NULL);
    return new JsonObject(path, read);
  }

  private static void refuseDuplicate(Map<String, Object> read, String name, String path)
      throws MessageException {
    if (read.containsKey(name)) {
      throw new MessageException(
          MessageError.DUPLICATE_MEMBER,
          path,
          "stands there twice",
          "each name once in an object",
          "leave one of them out");
    }
  }

  private Object textMap(String path, TextMap shape) throws MessageException {
    Map<String, Object> read = new LinkedHashMap<>();
    Optional<MessageException> fault = Optional.empty();
    while (nextMember()) {
      String name = parser.currentName();
      parser.nextToken();
      if (fault.isEmpty() && read.size() >= shape.most()) {
        fault = Optional.of(tooMany(path, "members", shape.most()));
      }
      if (fault.isPresent()) {
        skip();
      } else {
        String place = child(path, name);
        fault = fault(name, place);
        refuseDuplicate(read, name, place);
        read.put(name, value(place, Shape.SCALAR));
      }
    }
    read.values().removeIf(value -> value == JsonObject.NULL);
    return fault.isPresent() ? fault.get() : read;
  }

  private Object array(String path, Shape shape) throws MessageException {
    List<Object> read = new ArrayList<>();
    Optional<MessageException> fault = Optional.empty();
    int most = shape instanceof Texts texts ? texts.most() : ((Forms<?>) shape).most();
    while (nextElement()) {
      if (fault.isEmpty() && read.size() == most) {
        fault = Optional.of(tooMany(path, "elements", most));
      }
      if (fault.isPresent()) {
        skip();
        continue;
      }
      String place = path + "[" + read.size() + "]";
      if (shape instanceof Forms<?> forms) {
        try {
          read.add(element(place, forms));
        } catch (DeferredException e) {
          fault = Optional.of(e.fault());
        }
      } else {
        read.add(value(place, Shape.SCALAR));
      }
    }
    return fault.isPresent() ? fault.get() : read;
  }

  private <T> T element(String path, Forms<T> forms) throws MessageException, DeferredException {
    Object value = value(path, forms.element());
    try {
      return forms.reading().read(JsonObject.asObject(path, value));
    } catch (MessageException e) {
      throw new DeferredException(e);
    }
  }

  /** Something is wrong with a member, which is told when somebody asks for it. */
  private static final class DeferredException extends Exception {
    private final MessageException fault;

    DeferredException(MessageException fault) {
      super(fault);
      this.fault = fault;
    }

    MessageException fault() {
      return fault;
    }
  }

  private static MessageException tooMany(String path, String what, int most) {
    return MessageException.invalid(path, "has more than " + most + " " + what, "at most " + most);
  }

  private boolean nextMember() throws MessageException {
    if (parser.nextToken() == JsonToken.END_OBJECT) {
      return false;
    }
    if (++members > limits.members()) {
      throw limit(MessageError.TOO_MANY_MEMBERS, "$", "members in its objects", limits.members());
    }
    return true;
  }

  private boolean nextElement() throws MessageException {
    if (parser.nextToken() == JsonToken.END_ARRAY) {
      return false;
    }
    countElement();
    return true;
  }

  private void countElement() throws MessageException {
    if (++elements > limits.elements()) {
      throw limit(MessageError.TOO_MANY_ELEMENTS, "$", "elements in its arrays", limits.elements());
    }
  }

  /** Passes over the value at hand, counting what is in it. */
  private void skip() throws MessageException {
    int depth = 0;
    do {
      switch (parser.currentToken()) {
        case START_OBJECT, START_ARRAY -> depth++;
        case END_OBJECT, END_ARRAY -> depth--;
        default -> {}
      }
      if (depth > 0) {
        JsonToken next = parser.nextToken();
        if (next == JsonToken.PROPERTY_NAME) {
          if (++members > limits.members()) {
            throw limit(
                MessageError.TOO_MANY_MEMBERS, "$", "members in its objects", limits.members());
          }
        } else if (next != JsonToken.END_ARRAY && parser.streamReadContext().inArray()) {
          countElement();
        }
      }
    } while (depth > 0);
  }

  private Object value(String path, Shape shape) throws MessageException {
    return switch (parser.currentToken()) {
      case START_OBJECT ->
          switch (shape) {
            case Form form -> form(path, form);
            case TextMap map -> textMap(path, map);
            case Scalar _, Binary _, Texts _, Forms<?> _ -> skipped(Map.of());
          };
      case START_ARRAY ->
          switch (shape) {
            case Texts _, Forms<?> _ -> array(path, shape);
            case Scalar _, Binary _, Form _, TextMap _ -> skipped(List.of());
          };
      case VALUE_STRING -> shape instanceof Binary binary ? bytes(path, binary) : text(path);
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

  /** Stands for a value of another kind than asked for. */
  private Object skipped(Object kind) throws MessageException {
    skip();
    return kind;
  }

  private Object bytes(String path, Binary shape) {
    BoundedBytes bytes = new BoundedBytes(shape.most());
    try {
      parser.readBinaryValue(BASE64, bytes);
    } catch (StreamConstraintsException e) {
      throw e;
    } catch (JacksonException e) {
      return MessageException.invalid(
          path, "is not Base64 (" + said(e) + ")", "a torrent file in Base64 (RFC 4648 s4)");
    }
    return bytes.within()
        ? bytes.toBytes()
        : MessageException.invalid(
            path,
            "holds " + bytes.count() + " bytes",
            "at most " + shape.most() + " (name a larger file by URL or s3://)");
  }

  private Object text(String path) {
    String text = parser.getString();
    return fault(text, path).map(Object.class::cast).orElse(text);
  }

  private static String child(String path, String name) {
    boolean plain = !name.isEmpty() && name.chars().allMatch(Character::isLetterOrDigit);
    return plain ? path + "." + name : path + "[" + MessageException.quote(name) + "]";
  }

  /** JSON can escape half a surrogate pair, which no UTF-8 (and so no object key) can hold. */
  private static Optional<MessageException> fault(String text, String path) {
    for (int i = 0; i < text.length(); i++) {
      char unit = text.charAt(i);
      if (Character.isSurrogate(unit)) {
        boolean pair =
            Character.isHighSurrogate(unit)
                && i + 1 < text.length()
                && Character.isLowSurrogate(text.charAt(i + 1));
        if (!pair) {
          return Optional.of(
              MessageException.invalid(path, "has half a surrogate pair", "Unicode text"));
        }
        i++;
      }
    }
    return Optional.empty();
  }
}
