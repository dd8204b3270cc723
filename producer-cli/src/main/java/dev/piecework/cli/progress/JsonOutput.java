package dev.piecework.cli.progress;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.function.Consumer;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/** One JSON object on one line of standard output. */
public final class JsonOutput {
  private JsonOutput() {}

  /** Prints an object with the members that {@code members} writes. */
  public static void print(PrintStream out, Consumer<JsonGenerator> members) {
    // As bytes: JSON is UTF-8 whatever the terminal's encoding.
    byte[] object = object(members);
    out.write(object, 0, object.length);
    out.write('\n');
    out.flush();
  }

  /** An object in UTF-8, for a part of the output. */
  static byte[] object(Consumer<JsonGenerator> members) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JsonGenerator json =
        new JsonFactory().createGenerator(ObjectWriteContext.empty(), bytes)) {
      json.writeStartObject();
      members.accept(json);
      json.writeEndObject();
    }
    return bytes.toByteArray();
  }
}
