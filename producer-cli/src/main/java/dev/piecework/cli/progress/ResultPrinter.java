package dev.piecework.cli.progress;

import dev.piecework.message.EventData.Cancelled;
import dev.piecework.message.EventData.Completed;
import dev.piecework.message.EventData.Failed;
import dev.piecework.message.EventData.FinishedObject;
import dev.piecework.message.EventData.Refused;
import dev.piecework.message.JobEvent;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JsonGenerator;

/** Prints what became of jobs: a table for people, or JSON for programs. */
public final class ResultPrinter {
  private static final int MAX_ROWS = 40;

  private final PrintStream out;
  private final Optional<Path> folder;

  /**
   * @param out standard output
   * @param folder where the objects can be found as files by their paths; absent when they are in
   *     somebody's bucket
   */
  public ResultPrinter(PrintStream out, Optional<Path> folder) {
    this.out = out;
    this.folder = folder;
  }

  /** Prints the outcomes in the format asked for. */
  public void print(OutputFormat format, List<JobOutcome> outcomes) {
    switch (format) {
      case TABLE -> outcomes.forEach(this::table);
      case JSON -> json(outcomes);
      case JSONL ->
          outcomes.forEach(outcome -> JsonOutput.print(out, json -> members(json, outcome)));
      case NAME -> outcomes.forEach(outcome -> out.println(outcome.jobId()));
    }
    out.flush();
  }

  private void json(List<JobOutcome> outcomes) {
    JsonOutput.print(
        out,
        json -> {
          json.writeName("jobs");
          json.writeStartArray();
          for (JobOutcome outcome : outcomes) {
            json.writeStartObject();
            members(json, outcome);
            json.writeEndObject();
          }
          json.writeEndArray();
        });
  }

  private void members(JsonGenerator json, JobOutcome outcome) {
    json.writeStringProperty("id", outcome.jobId());
    json.writeStringProperty("state", outcome.state());
    json.writeStringProperty("source", outcome.source());
    outcome.finalEvent().ifPresent(event -> json(json, event));
  }

  private void json(JsonGenerator json, JobEvent event) {
    json.writeStringProperty("time", event.time().toString());
    json.writeNumberProperty("attempts", event.attempt());
    switch (event.data()) {
      case Completed completed -> json(json, completed);
      case Failed failed -> {
        json.writeStringProperty("code", failed.code());
        json.writeStringProperty("reason", failed.reason());
      }
      case Refused(_, String code, String reason) -> {
        json.writeStringProperty("code", code);
        json.writeStringProperty("reason", reason);
      }
      case Cancelled cancelled ->
          json.writeBooleanProperty("deletedObjects", cancelled.deletedObjects());
      default -> {}
    }
  }

  private void json(JsonGenerator json, Completed completed) {
    json.writeStringProperty("name", completed.name());
    json.writeStringProperty("infoHash", completed.infoHash());
    if (folder.isPresent()) {
      json.writeStringProperty("folder", folder.get().toString());
    } else {
      json.writeStringProperty("bucket", completed.bucket());
      json.writeStringProperty("manifest", completed.manifestKey());
    }
    json.writeNumberProperty("totalBytes", completed.totalBytes());
    json.writeNumberProperty("downloadedBytes", completed.downloadedBytes());
    json.writeNumberProperty("redundantBytes", completed.redundantBytes());
    json.writeNumberProperty("seconds", completed.seconds());
    json.writeNumberProperty("keptObjects", completed.keptObjects());
    json.writeName("files");
    json.writeStartArray();
    for (FinishedObject object : completed.objects()) {
      json.writeStartObject();
      json.writeStringProperty("path", object.path());
      if (folder.isPresent()) {
        json.writeStringProperty("file", folder.get().resolve(object.path()).toString());
      } else {
        json.writeStringProperty("key", object.key());
      }
      json.writeNumberProperty("size", object.size());
      json.writeStringProperty("crc32c", object.crc32c());
      json.writeStringProperty("etag", object.etag());
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private void table(JobOutcome outcome) {
    if (outcome.finalEvent().isEmpty()) {
      out.println(
          Table.harmless(outcome.jobId() + "  " + outcome.state() + "  " + outcome.source()));
      return;
    }
    switch (outcome.finalEvent().get().data()) {
      case Completed completed -> table(completed);
      case Failed failed ->
          out.println(
              Table.harmless(
                  outcome.jobId() + "  failed  " + failed.code() + ": " + failed.reason()));
      case Refused(_, String code, String reason) ->
          out.println(Table.harmless(outcome.jobId() + "  refused  " + code + ": " + reason));
      default -> out.println(outcome.jobId() + "  " + outcome.state());
    }
  }

  private void table(Completed completed) {
    Table table = Table.of(Table.Column.right("SIZE"), Table.Column.left("CRC32C"), where());
    for (FinishedObject object : completed.objects().stream().limit(MAX_ROWS).toList()) {
      table.row(Human.bytes(object.size()), object.crc32c(), place(object));
    }
    table.print(out);
    int more = completed.objects().size() - MAX_ROWS;
    if (more > 0) {
      out.println("... and " + more + " more: -o json lists all of them");
    }
    out.println(Table.harmless(summary(completed)));
    out.println(Table.harmless(whereTo(completed)));
  }

  private String whereTo(Completed completed) {
    return folder
        .map(at -> "folder " + at)
        .orElse(
            "bucket "
                + completed.bucket()
                + ", manifest "
                + completed.manifestKey()
                + (completed.objects().isEmpty() ? ", which lists the objects" : ""));
  }

  private Table.Column where() {
    return Table.Column.left(folder.isPresent() ? "FILE" : "KEY");
  }

  private String place(FinishedObject object) {
    return folder.map(at -> at.resolve(object.path()).toString()).orElse(object.key());
  }

  private String summary(Completed completed) {
    int files = completed.objects().size();
    StringBuilder text = new StringBuilder(completed.name()).append(": ");
    if (files > 0) {
      text.append(Human.count(files, "file")).append(", ");
    }
    text.append(Human.bytes(completed.totalBytes()));
    double seconds = completed.seconds();
    text.append(" in ").append(Human.duration(Duration.ofMillis((long) (seconds * 1000))));
    if (seconds >= 1) {
      text.append(" (").append(Human.rate((long) (completed.totalBytes() / seconds))).append(")");
    }
    if (completed.redundantBytes() > 0) {
      text.append(", ").append(Human.bytes(completed.redundantBytes())).append(" fetched twice");
    }
    if (completed.keptObjects() > 0) {
      text.append(", ").append(completed.keptObjects()).append(" there already");
    }
    return text.toString();
  }
}
