package dev.piecework.cli.progress;

import dev.piecework.cli.broker.DeadLetter;
import dev.piecework.message.JobMessageCodec;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/** Prints dead letters. */
public final class DeadLetterPrinter {
  /** A torrent file in Base64 tells nobody anything. */
  private static final Pattern INLINE = Pattern.compile("\"inline\"\\s*:\\s*\"([^\"]{80,})\"");

  /** Rows of a table with titles of its own: what is held at once. */
  private static final int PAGE = 1000;

  private static final String LIST_START = "{\"deadLetters\":[";

  private final PrintStream out;
  private final OutputFormat format;
  private final List<DeadLetter> page = new ArrayList<>();
  private long added;

  /**
   * @param out standard output
   * @param format of the list
   */
  public DeadLetterPrinter(PrintStream out, OutputFormat format) {
    this.out = out;
    this.format = format;
  }

  /** Adds one to the list; what is listed so far is printed page by page. */
  public void add(DeadLetter letter) {
    switch (format) {
      case TABLE -> {
        page.add(letter);
        if (page.size() == PAGE) {
          printPage();
        }
      }
      case JSON -> {
        write(added == 0 ? LIST_START : ",");
        byte[] object = JsonOutput.object(json -> members(json, letter));
        out.write(object, 0, object.length);
      }
      case JSONL -> JsonOutput.print(out, json -> members(json, letter));
      case NAME -> letter.jobId().ifPresent(out::println);
    }
    added++;
  }

  /** Prints what is left of the list, and its end. */
  public void print() {
    switch (format) {
      case TABLE -> printPage();
      case JSON -> write((added == 0 ? LIST_START : "") + "]}\n");
      case JSONL, NAME -> {}
    }
    out.flush();
  }

  private void write(String ascii) {
    byte[] bytes = ascii.getBytes(StandardCharsets.US_ASCII);
    out.write(bytes, 0, bytes.length);
  }

  private void printPage() {
    Table table =
        Table.of(
            Table.Column.right("INDEX"),
            Table.Column.left("JOB"),
            Table.Column.left("TIME"),
            Table.Column.left("CODE"),
            Table.Column.left("REASON"));
    page.forEach(letter ->
        table.row(
            Integer.toString(letter.index()),
            letter.jobId().orElse("-"),
            time(letter),
            letter.code().isEmpty() ? "-" : letter.code(),
            letter.reason()));
    table.print(out);
    page.clear();
  }

  private static String time(DeadLetter letter) {
    return letter.time().map(time -> time.truncatedTo(ChronoUnit.SECONDS).toString()).orElse("-");
  }

  private static void members(JsonGenerator json, DeadLetter letter) {
    json.writeNumberProperty("index", letter.index());
    letter.jobId().ifPresent(id -> json.writeStringProperty("job", id));
    json.writeStringProperty("code", letter.code());
    json.writeStringProperty("reason", letter.reason());
    letter.time().ifPresent(time -> json.writeStringProperty("time", time.toString()));
    letter.bytesNotRead().ifPresent(bytes -> json.writeNumberProperty("bytesNotRead", bytes));
  }

  /**
   * Prints one in full.
   *
   * @param body the message as it came
   * @param first whether it is the first of several
   */
  public static void whole(
      PrintStream out, OutputFormat format, DeadLetter letter, byte[] body, boolean first) {
    switch (format) {
      case TABLE -> {
        if (!first) {
          out.println();
        }
        text(out, letter, body);
      }
      case NAME -> letter.jobId().ifPresent(out::println);
      case JSON, JSONL ->
          JsonOutput.print(
              out,
              json -> {
                members(json, letter);
                json.writeName("headers");
                json.writeStartObject();
                letter.headers().forEach(json::writeStringProperty);
                json.writeEndObject();
                if (letter.bytesNotRead().isPresent()) {
                  return;
                }
                String message = new String(body, StandardCharsets.UTF_8);
                json.writeName("message");
                if (isJson(body)) {
                  json.writeRawValue(message.replaceAll("\\R", " "));
                } else {
                  json.writeString(message);
                }
              });
    }
    out.flush();
  }

  private static void text(PrintStream out, DeadLetter letter, byte[] body) {
    line(out, "Index", Integer.toString(letter.index()));
    line(out, "Job", letter.jobId().orElse("- (the message is no job)"));
    line(out, "Time", time(letter));
    line(out, "Code", letter.code().isEmpty() ? "-" : letter.code());
    line(out, "Reason", letter.reason().isEmpty() ? "-" : letter.reason());
    for (Map.Entry<String, String> header : letter.headers().entrySet()) {
      if (!header.getValue().equals(letter.code()) && !header.getValue().equals(letter.reason())) {
        line(out, "Header", header.getKey() + ": " + header.getValue());
      }
    }
    if (letter.bytesNotRead().isPresent()) {
      line(
          out,
          "Message",
          "not read: it has %d bytes, at most %d are read"
              .formatted(letter.bytesNotRead().getAsLong(), JobMessageCodec.MAX_BYTES));
      return;
    }
    String message = new String(body, StandardCharsets.UTF_8);
    line(
        out,
        "Message",
        INLINE
            .matcher(message)
            .replaceAll(found ->
                "\"inline\":\"... " + found.group(1).length() + " characters of Base64\""));
  }

  private static void line(PrintStream out, String title, String value) {
    out.println("%-8s %s".formatted(title, Table.harmless(value)));
  }

  private static boolean isJson(byte[] body) {
    try (JsonParser parser = new JsonFactory().createParser(ObjectReadContext.empty(), body)) {
      if (parser.nextToken() == null) {
        return false;
      }
      parser.skipChildren();
      return parser.nextToken() == null;
    } catch (JacksonException e) {
      return false;
    }
  }
}
