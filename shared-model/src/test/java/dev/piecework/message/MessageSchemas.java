package dev.piecework.message;

import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;

/** The schemas that users get, applied by a validator that nobody here wrote. */
final class MessageSchemas {
  static final Schema JOB = load("job-message.schema.json");
  static final Schema EVENT = load("job-event.schema.json");

  static final Schema REQUEST = load("control-request.schema.json");
  static final Schema REPLY = load("control-reply.schema.json");

  private MessageSchemas() {}

  static List<com.networknt.schema.Error> errors(Schema schema, byte[] message) {
    return errors(schema, new String(message, StandardCharsets.UTF_8));
  }

  static List<com.networknt.schema.Error> errors(Schema schema, String message) {
    return schema.validate(
        message,
        InputFormat.JSON,
        context -> context.executionConfig(config -> config.formatAssertionsEnabled(true)));
  }

  private static Schema load(String name) {
    try (InputStream in = JobMessageCodec.class.getResourceAsStream(name)) {
      String text =
          new String(Objects.requireNonNull(in, name).readAllBytes(), StandardCharsets.UTF_8);
      return SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
          .getSchema(text, InputFormat.JSON);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
