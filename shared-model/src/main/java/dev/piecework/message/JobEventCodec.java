package dev.piecework.message;

import dev.piecework.message.EventData.Cancelled;
import dev.piecework.message.EventData.Completed;
import dev.piecework.message.EventData.Failed;
import dev.piecework.message.EventData.FileUploaded;
import dev.piecework.message.EventData.FinishedObject;
import dev.piecework.message.EventData.Metadata;
import dev.piecework.message.EventData.None;
import dev.piecework.message.EventData.Progress;
import dev.piecework.message.EventData.Refused;
import dev.piecework.message.EventData.Retrying;
import dev.piecework.message.EventData.Started;
import dev.piecework.message.EventData.TrackerOutcome;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Optional;
import tools.jackson.core.JsonGenerator;

/**
 * The JSON form of an event: a CloudEvents 1.0 envelope in structured mode, described in {@code
 * docs/messages.md} and by {@code job-event.schema.json}. Unknown members are ignored.
 */
public final class JobEventCodec {
  /** The AMQP content type of an event (CloudEvents 1.0, JSON format, section 3). */
  public static final String CONTENT_TYPE = "application/cloudevents+json; charset=UTF-8";

  /** What {@link EventType#wireName()} stands behind in CloudEvents' {@code type}. */
  public static final String TYPE_PREFIX = "dev.piecework.job.";

  /** The version of the events' form that this code writes and reads. */
  public static final int VERSION = 1;

  private static final String SPEC_VERSION = "1.0";
  private static final String SCHEMA_PREFIX = "urn:piecework:schema:job-event:";
  private static final int MAX_OBJECTS = 1_000_000;

  private static final Shape.Form OBJECT = Shape.form("key", "path", "size", "etag", "crc32c");
  private static final Shape.Form SHAPE =
      Shape.form(
              "specversion",
              "id",
              "type",
              "source",
              "subject",
              "time",
              "dataschema",
              "attempt",
              "epoch")
          .with(
              "data",
              Shape.form(
                      "worker",
                      "host",
                      "resumed",
                      "infoHash",
                      "name",
                      "totalBytes",
                      "files",
                      "pieces",
                      "pieceLength",
                      "phase",
                      "verifiedBytes",
                      "uploadedBytes",
                      "downloadBytesPerSecond",
                      "uploadBytesPerSecond",
                      "peers",
                      "seeders",
                      "verifiedPieces",
                      "totalPieces",
                      "uploadedParts",
                      "totalParts",
                      "etaSeconds",
                      "bucket",
                      "manifestKey",
                      "downloadedBytes",
                      "redundantBytes",
                      "seconds",
                      "keptObjects",
                      "code",
                      "reason",
                      "nextAttemptAt",
                      "deletedObjects",
                      "submission")
                  .with("object", OBJECT)
                  .with(
                      "objects",
                      new Shape.Forms<>(MAX_OBJECTS, OBJECT, JobEventCodec::decodeObject))
                  .with(
                      "trackers",
                      new Shape.Forms<>(
                          Progress.MAX_TRACKERS,
                          Shape.form("tracker", "outcome", "peers"),
                          JobEventCodec::decodeTracker))
                  .with("labels", new Shape.TextMap(JobRules.MAX_LABELS)));

  private JobEventCodec() {}

  /**
   * Writes an event. When the list of a completed job's objects would make it longer than {@link
   * JobMessageCodec#MAX_BYTES}, the list is left out: the manifest has it.
   *
   * @throws IllegalArgumentException when the data is not of the event's type
   */
  public static byte[] encode(JobEvent event) {
    if (!event.data().getClass().equals(dataClass(event.type()))) {
      throw new IllegalArgumentException(
          "an event of type "
              + event.type()
              + " carries "
              + dataClass(event.type()).getSimpleName()
              + ", not "
              + event.data().getClass().getSimpleName());
    }
    byte[] whole = encode(event, true);
    return whole.length <= JobMessageCodec.MAX_BYTES ? whole : encode(event, false);
  }

  private static byte[] encode(JobEvent event, boolean withObjects) {
    return JsonWriter.write(json -> {
      json.writeStringProperty("specversion", SPEC_VERSION);
      json.writeStringProperty("id", event.id());
      json.writeStringProperty("type", TYPE_PREFIX + event.type().wireName());
      json.writeStringProperty("source", event.source());
      json.writeStringProperty("subject", event.jobId());
      json.writeStringProperty("time", event.time().toString());
      json.writeStringProperty("datacontenttype", "application/json");
      json.writeStringProperty(
          "dataschema", SCHEMA_PREFIX + VERSION + "#/$defs/" + event.type().wireName());
      json.writeNumberProperty("attempt", event.attempt());
      json.writeNumberProperty("epoch", event.epoch());
      json.writeName("data");
      json.writeStartObject();
      encodeData(json, event.data(), withObjects);
      JsonWriter.texts(json, "labels", event.labels());
      json.writeEndObject();
    });
  }

  private static void encodeData(JsonGenerator json, EventData data, boolean withObjects) {
    switch (data) {
      case None _ -> {}
      case Started started -> {
        json.writeStringProperty("worker", started.worker());
        json.writeStringProperty("host", started.host());
        json.writeBooleanProperty("resumed", started.resumed());
      }
      case Metadata metadata -> {
        json.writeStringProperty("infoHash", metadata.infoHash());
        json.writeStringProperty("name", metadata.name());
        json.writeNumberProperty("totalBytes", metadata.totalBytes());
        json.writeNumberProperty("files", metadata.files());
        json.writeNumberProperty("pieces", metadata.pieces());
        json.writeNumberProperty("pieceLength", metadata.pieceLength());
      }
      case Progress progress -> encodeProgress(json, progress);
      case FileUploaded uploaded -> {
        json.writeName("object");
        encodeObject(json, uploaded.object());
      }
      case Completed completed -> encodeCompleted(json, completed, withObjects);
      case Failed failed -> {
        json.writeStringProperty("code", failed.code());
        json.writeStringProperty("reason", failed.reason());
      }
      case Retrying retrying -> {
        json.writeStringProperty("code", retrying.code());
        json.writeStringProperty("reason", retrying.reason());
        json.writeStringProperty("nextAttemptAt", retrying.nextAttemptAt().toString());
      }
      case Cancelled cancelled ->
          json.writeBooleanProperty("deletedObjects", cancelled.deletedObjects());
      case Refused(String submission, String code, String reason) -> {
        json.writeStringProperty("submission", submission);
        json.writeStringProperty("code", code);
        json.writeStringProperty("reason", reason);
      }
    }
  }

  private static void encodeProgress(JsonGenerator json, Progress progress) {
    json.writeStringProperty("phase", progress.phase());
    json.writeNumberProperty("totalBytes", progress.totalBytes());
    json.writeNumberProperty("verifiedBytes", progress.verifiedBytes());
    json.writeNumberProperty("uploadedBytes", progress.uploadedBytes());
    json.writeNumberProperty("downloadBytesPerSecond", progress.downloadBytesPerSecond());
    json.writeNumberProperty("uploadBytesPerSecond", progress.uploadBytesPerSecond());
    json.writeNumberProperty("peers", progress.peers());
    json.writeNumberProperty("seeders", progress.seeders());
    json.writeNumberProperty("verifiedPieces", progress.verifiedPieces());
    json.writeNumberProperty("totalPieces", progress.totalPieces());
    json.writeNumberProperty("uploadedParts", progress.uploadedParts());
    json.writeNumberProperty("totalParts", progress.totalParts());
    progress.etaSeconds().ifPresent(eta -> json.writeNumberProperty("etaSeconds", eta));
    if (!progress.trackers().isEmpty()) {
      json.writeName("trackers");
      json.writeStartArray();
      for (TrackerOutcome tracker : progress.trackers()) {
        json.writeStartObject();
        json.writeStringProperty("tracker", tracker.tracker());
        json.writeStringProperty("outcome", tracker.outcome());
        json.writeNumberProperty("peers", tracker.peers());
        json.writeEndObject();
      }
      json.writeEndArray();
    }
  }

  private static void encodeCompleted(
      JsonGenerator json, Completed completed, boolean withObjects) {
    json.writeStringProperty("infoHash", completed.infoHash());
    json.writeStringProperty("name", completed.name());
    json.writeStringProperty("bucket", completed.bucket());
    json.writeNumberProperty("totalBytes", completed.totalBytes());
    json.writeNumberProperty("objectCount", completed.objects().size());
    if (withObjects) {
      json.writeName("objects");
      json.writeStartArray();
      completed.objects().forEach(object -> encodeObject(json, object));
      json.writeEndArray();
    }
    json.writeStringProperty("manifestKey", completed.manifestKey());
    json.writeNumberProperty("downloadedBytes", completed.downloadedBytes());
    json.writeNumberProperty("redundantBytes", completed.redundantBytes());
    json.writeNumberProperty("seconds", completed.seconds());
    if (completed.keptObjects() > 0) {
      json.writeNumberProperty("keptObjects", completed.keptObjects());
    }
  }

  private static void encodeObject(JsonGenerator json, FinishedObject object) {
    json.writeStartObject();
    json.writeStringProperty("key", object.key());
    json.writeStringProperty("path", object.path());
    json.writeNumberProperty("size", object.size());
    json.writeStringProperty("etag", object.etag());
    json.writeStringProperty("crc32c", object.crc32c());
    json.writeEndObject();
  }

  /**
   * Reads an event.
   *
   * @throws MessageException when it is none; with {@link MessageError#UNKNOWN_EVENT_TYPE} when it
   *     is of a kind that came later than this code, which a reader should skip
   */
  public static JobEvent decode(byte[] message) throws MessageException {
    JsonObject json = JsonReader.read(message, SHAPE, JsonLimits.ANSWER);
    String specVersion = json.requiredText("specversion", "the CloudEvents version");
    if (!specVersion.equals(SPEC_VERSION)) {
      throw unsupported("$.specversion", specVersion, "CloudEvents " + SPEC_VERSION);
    }
    checkSchema(json.requiredText("dataschema", SCHEMA_PREFIX + VERSION));
    EventType type = type(json.requiredText("type", TYPE_PREFIX + "..."));
    Optional<JsonObject> data = json.object("data");
    if (data.isEmpty() && !dataClass(type).equals(None.class)) {
      throw MessageException.missing("$.data", "an object");
    }
    JsonObject fields = data.orElseGet(() -> JsonReader.nothing("$.data"));
    return new JobEvent(
        json.requiredText("id", "an id that is unique per event"),
        type,
        json.requiredText("source", "who says so"),
        instant(json, "time"),
        json.requiredText("subject", "the job's id"),
        json.requiredInt("attempt"),
        json.requiredInt("epoch"),
        fields.textMap("labels"),
        decodeData(type, fields));
  }

  private static void checkSchema(String schema) throws MessageException {
    int fragment = schema.indexOf('#');
    String identity = fragment < 0 ? schema : schema.substring(0, fragment);
    if (!identity.equals(SCHEMA_PREFIX + VERSION)) {
      throw unsupported("$.dataschema", schema, SCHEMA_PREFIX + VERSION);
    }
  }

  private static MessageException unsupported(String path, String found, String expected) {
    return new MessageException(
        MessageError.UNSUPPORTED_VERSION,
        path,
        "is " + MessageException.quote(found),
        expected,
        "update the reader");
  }

  private static EventType type(String text) throws MessageException {
    for (EventType type : EventType.values()) {
      if (text.equals(TYPE_PREFIX + type.wireName())) {
        return type;
      }
    }
    throw new MessageException(
        MessageError.UNKNOWN_EVENT_TYPE,
        "$.type",
        "is " + MessageException.quote(text),
        "one of the types in docs/messages.md",
        "skip it");
  }

  private static EventData decodeData(EventType type, JsonObject json) throws MessageException {
    return switch (type) {
      case ACCEPTED, HANDED_BACK, SEEDING, PAUSED, RESUMED -> new None();
      case STARTED ->
          new Started(
              json.requiredText("worker", "the worker's id"),
              json.requiredText("host", "the worker's host"),
              json.requiredFlag("resumed"));
      case METADATA ->
          new Metadata(
              infoHash(json),
              json.requiredText("name", "the torrent's name"),
              json.requiredCount("totalBytes"),
              json.requiredInt("files"),
              json.requiredInt("pieces"),
              json.requiredInt("pieceLength"));
      case PROGRESS -> decodeProgress(json);
      case FILE_UPLOADED ->
          new FileUploaded(decodeObject(json.requiredObject("object", "the finished object")));
      case COMPLETED -> decodeCompleted(json);
      case FAILED -> new Failed(code(json), reason(json));
      case RETRYING -> new Retrying(code(json), reason(json), instant(json, "nextAttemptAt"));
      case CANCELLED -> new Cancelled(json.requiredFlag("deletedObjects"));
      case REFUSED -> new Refused(json.text("submission").orElse(""), code(json), reason(json));
    };
  }

  private static Progress decodeProgress(JsonObject json) throws MessageException {
    return new Progress(
        json.requiredText("phase", "resolve, transfer, verify, publish or seed"),
        json.requiredCount("totalBytes"),
        json.requiredCount("verifiedBytes"),
        json.requiredCount("uploadedBytes"),
        json.requiredCount("downloadBytesPerSecond"),
        json.requiredCount("uploadBytesPerSecond"),
        json.requiredInt("peers"),
        json.requiredInt("seeders"),
        json.requiredInt("verifiedPieces"),
        json.requiredInt("totalPieces"),
        json.requiredInt("uploadedParts"),
        json.requiredInt("totalParts"),
        json.integer("etaSeconds", 0, Long.MAX_VALUE),
        json.list("trackers", TrackerOutcome.class));
  }

  private static TrackerOutcome decodeTracker(JsonObject json) throws MessageException {
    return new TrackerOutcome(
        json.requiredText("tracker", "host and port of a tracker"),
        json.requiredText("outcome", "ok, waiting, or what went wrong"),
        json.requiredInt("peers"));
  }

  private static Completed decodeCompleted(JsonObject json) throws MessageException {
    return new Completed(
        infoHash(json),
        json.requiredText("name", "the torrent's name"),
        json.requiredText("bucket", "the bucket of the objects"),
        json.requiredCount("totalBytes"),
        json.list("objects", FinishedObject.class),
        json.requiredText("manifestKey", "the key of the manifest"),
        json.requiredCount("downloadedBytes"),
        json.requiredCount("redundantBytes"),
        json.number("seconds")
            .orElseThrow(() -> MessageException.missing(json.path("seconds"), "a number")),
        json.integer("keptObjects", 0, MAX_OBJECTS).map(Math::toIntExact).orElse(0));
  }

  private static FinishedObject decodeObject(JsonObject json) throws MessageException {
    return new FinishedObject(
        json.requiredText("key", "the object's key"),
        json.requiredText("path", "the file's path in the torrent"),
        json.requiredCount("size"),
        json.requiredText("etag", "the object's ETag"),
        json.requiredText("crc32c", "CRC32C of the object in Base64"));
  }

  private static String infoHash(JsonObject json) throws MessageException {
    return json.requiredText("infoHash", "40 hexadecimal digits");
  }

  private static String code(JsonObject json) throws MessageException {
    return json.requiredText("code", "a name of the fault");
  }

  private static String reason(JsonObject json) throws MessageException {
    return json.requiredText("reason", "what was wrong");
  }

  private static Instant instant(JsonObject json, String name) throws MessageException {
    String text = json.requiredText(name, "an RFC 3339 time");
    try {
      return Instant.parse(text);
    } catch (DateTimeParseException e) {
      throw MessageException.invalid(
          json.path(name), "is " + MessageException.quote(text), "an RFC 3339 time");
    }
  }

  private static Class<? extends EventData> dataClass(EventType type) {
    return switch (type) {
      case ACCEPTED, HANDED_BACK, SEEDING, PAUSED, RESUMED -> None.class;
      case STARTED -> Started.class;
      case METADATA -> Metadata.class;
      case PROGRESS -> Progress.class;
      case FILE_UPLOADED -> FileUploaded.class;
      case COMPLETED -> Completed.class;
      case FAILED -> Failed.class;
      case RETRYING -> Retrying.class;
      case CANCELLED -> Cancelled.class;
      case REFUSED -> Refused.class;
    };
  }
}
