package dev.piecework.message;

import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JsonGenerator;

/** The JSON form of a job's status and of its transitions: in replies, and in what people print. */
public final class JobStatusForm {
  static final Shape.Form SHAPE =
      Shape.form(
              "id",
              "state",
              "ordered",
              "reason",
              "attempt",
              "epoch",
              "worker",
              "name",
              "infoHash",
              "source",
              "author",
              "bucket",
              "prefix",
              "totalBytes",
              "uploadedBytes",
              "totalPieces",
              "verifiedPieces",
              "createdAt",
              "updatedAt",
              "dueAt",
              "deadlineAt",
              "priority")
          .with("labels", new Shape.TextMap(JobRules.MAX_LABELS));
  static final Shape TRANSITIONS =
      new Shape.Forms<>(
          ControlReply.MAX_TRANSITIONS,
          Shape.form("time", "from", "to", "reason", "attempt", "epoch", "worker", "author"),
          JobStatusForm::transition);

  private JobStatusForm() {}

  /** Writes a status's members into the object at hand. What is not known is left out. */
  public static void write(JsonGenerator json, JobStatus job) {
    json.writeStringProperty("id", job.id());
    json.writeStringProperty("state", job.state());
    text(json, "ordered", job.ordered());
    text(json, "reason", job.reason());
    json.writeNumberProperty("attempt", job.attempt());
    json.writeNumberProperty("epoch", job.epoch());
    text(json, "worker", job.worker());
    text(json, "name", job.name());
    text(json, "infoHash", job.infoHash());
    text(json, "source", job.source());
    text(json, "author", job.author());
    json.writeStringProperty("bucket", job.destination().bucket());
    text(json, "prefix", job.destination().prefix());
    json.writeNumberProperty("totalBytes", job.totalBytes());
    json.writeNumberProperty("uploadedBytes", job.uploadedBytes());
    json.writeNumberProperty("totalPieces", job.totalPieces());
    json.writeNumberProperty("verifiedPieces", job.verifiedPieces());
    json.writeStringProperty("createdAt", job.createdAt().toString());
    json.writeStringProperty("updatedAt", job.updatedAt().toString());
    job.dueAt().ifPresent(due -> json.writeStringProperty("dueAt", due.toString()));
    job.deadlineAt().ifPresent(end -> json.writeStringProperty("deadlineAt", end.toString()));
    json.writeNumberProperty("priority", job.priority());
    JsonWriter.texts(json, "labels", job.labels());
  }

  /** Writes the member {@code transitions}. */
  public static void write(JsonGenerator json, List<JobTransition> transitions) {
    json.writeName("transitions");
    json.writeStartArray();
    for (JobTransition transition : transitions) {
      json.writeStartObject();
      json.writeStringProperty("time", transition.time().toString());
      json.writeStringProperty("from", transition.from());
      json.writeStringProperty("to", transition.to());
      text(json, "reason", transition.reason());
      json.writeNumberProperty("attempt", transition.attempt());
      json.writeNumberProperty("epoch", transition.epoch());
      text(json, "worker", transition.worker());
      text(json, "author", transition.author());
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private static void text(JsonGenerator json, String name, String value) {
    if (!value.isEmpty()) {
      json.writeStringProperty(name, value);
    }
  }

  static JobStatus read(JsonObject json) throws MessageException {
    return new JobStatus(
        json.requiredText("id", "the job's id"),
        json.requiredText("state", "the job's state"),
        json.text("ordered").orElse(""),
        json.text("reason").orElse(""),
        json.requiredInt("attempt"),
        json.requiredCount("epoch"),
        json.text("worker").orElse(""),
        json.text("name").orElse(""),
        json.text("infoHash").orElse(""),
        json.text("source").orElse(""),
        json.text("author").orElse(""),
        new Destination(
            json.requiredText("bucket", "the job's bucket"), json.text("prefix").orElse("")),
        json.requiredCount("totalBytes"),
        json.requiredCount("uploadedBytes"),
        json.requiredInt("totalPieces"),
        json.requiredInt("verifiedPieces"),
        time(json, "createdAt"),
        time(json, "updatedAt"),
        optionalTime(json, "dueAt"),
        optionalTime(json, "deadlineAt"),
        json.requiredInt("priority"),
        json.textMap("labels"));
  }

  static List<JobTransition> transitions(JsonObject json) throws MessageException {
    return json.list("transitions", JobTransition.class);
  }

  private static JobTransition transition(JsonObject json) throws MessageException {
    return new JobTransition(
        time(json, "time"),
        json.requiredText("from", "a state"),
        json.requiredText("to", "a state"),
        json.text("reason").orElse(""),
        json.requiredInt("attempt"),
        json.requiredCount("epoch"),
        json.text("worker").orElse(""),
        json.text("author").orElse(""));
  }

  private static Optional<Instant> optionalTime(JsonObject json, String name)
      throws MessageException {
    return json.text(name).isPresent() ? Optional.of(time(json, name)) : Optional.empty();
  }

  private static Instant time(JsonObject json, String name) throws MessageException {
    String text = json.requiredText(name, "an RFC 3339 time");
    try {
      return Instant.parse(text);
    } catch (DateTimeParseException e) {
      throw MessageException.invalid(
          json.path(name), "is " + MessageException.quote(text), "an RFC 3339 time");
    }
  }
}
