package dev.piecework.message;

import dev.piecework.message.ControlReply.Code;
import dev.piecework.message.ControlReply.Details;
import dev.piecework.message.ControlReply.Limits;
import dev.piecework.message.ControlReply.Ordered;
import dev.piecework.message.ControlReply.Page;
import dev.piecework.message.ControlReply.Refused;
import dev.piecework.message.ControlRequest.Cancel;
import dev.piecework.message.ControlRequest.GetJob;
import dev.piecework.message.ControlRequest.GetLimits;
import dev.piecework.message.ControlRequest.ListJobs;
import dev.piecework.message.ControlRequest.Pause;
import dev.piecework.message.ControlRequest.Prioritize;
import dev.piecework.message.ControlRequest.Resume;
import dev.piecework.message.ControlRequest.Retry;
import java.util.Optional;
import tools.jackson.core.JsonGenerator;

/**
 * The JSON form of control requests and their replies, described in {@code docs/messages.md} and by
 * {@code control-request.schema.json} and {@code control-reply.schema.json}. Unknown members are
 * ignored.
 */
public final class ControlCodec {
  /** The AMQP content type of both. */
  public static final String CONTENT_TYPE = "application/json";

  /** Longest request in bytes. */
  public static final int MAX_REQUEST_BYTES = 256 * 1024;

  /** Characters of a reason given with an order. */
  public static final int MAX_REASON = 500;

  private static final String REQUESTS =
      "pause, resume, cancel, retry, priority, get, list or limits";
  private static final String REPLIES = "ordered, job, jobs, limits or error";

  private static final Shape.Form REQUEST =
      Shape.form(
              "version", "request", "job", "reason", "deleteObjects", "priority", "limit", "after")
          .with("states", new Shape.Texts(ListJobs.MAX_STATES))
          .with("labels", new Shape.TextMap(JobRules.MAX_LABELS));
  private static final Shape.Form REPLY =
      Shape.form(
              "version",
              "reply",
              "inEffect",
              "more",
              "code",
              "message",
              "worker",
              "host",
              "workerVersion")
          .with("job", JobStatusForm.SHAPE)
          .with(
              "jobs",
              new Shape.Forms<>(ListJobs.MAX_LIMIT, JobStatusForm.SHAPE, JobStatusForm::read))
          .with("transitions", JobStatusForm.TRANSITIONS)
          .with("limits", WorkerLimitsForm.LIMITS);

  private ControlCodec() {}

  /** Writes a request. */
  public static byte[] encode(ControlRequest request) {
    return JsonWriter.write(json -> {
      json.writeNumberProperty("version", ControlRequest.VERSION);
      json.writeStringProperty("request", kind(request));
      switch (request) {
        case Pause pause -> {
          json.writeStringProperty("job", pause.job());
          reason(json, pause.reason());
        }
        case Cancel cancel -> {
          json.writeStringProperty("job", cancel.job());
          json.writeBooleanProperty("deleteObjects", cancel.deleteObjects());
          reason(json, cancel.reason());
        }
        case Prioritize order -> {
          json.writeStringProperty("job", order.job());
          json.writeNumberProperty("priority", order.priority());
        }
        case ControlRequest.OfJob ofJob -> json.writeStringProperty("job", ofJob.job());
        case GetLimits _ -> {}
        case ListJobs list -> {
          JsonWriter.texts(json, "states", list.states());
          JsonWriter.texts(json, "labels", list.labels());
          json.writeNumberProperty("limit", list.limit());
          list.after().ifPresent(job -> json.writeStringProperty("after", job));
        }
      }
    });
  }

  private static String kind(ControlRequest request) {
    return switch (request) {
      case Pause _ -> "pause";
      case Resume _ -> "resume";
      case Cancel _ -> "cancel";
      case Retry _ -> "retry";
      case Prioritize _ -> "priority";
      case GetJob _ -> "get";
      case ListJobs _ -> "list";
      case GetLimits _ -> "limits";
    };
  }

  private static void reason(JsonGenerator json, String reason) {
    if (!reason.isEmpty()) {
      json.writeStringProperty("reason", reason);
    }
  }

  /**
   * Reads a request and checks it.
   *
   * @throws MessageException when it is none; with {@link MessageError#UNSUPPORTED_VERSION} when it
   *     is of another version, or of a kind that came later than this code
   */
  public static ControlRequest decodeRequest(byte[] message) throws MessageException {
    JsonObject json = JsonReader.read(message, REQUEST, JsonLimits.REQUEST);
    checkVersion(json, ControlRequest.VERSION);
    String kind = json.requiredText("request", REQUESTS);
    return switch (kind) {
      case "pause" -> new Pause(job(json), reason(json));
      case "resume" -> new Resume(job(json));
      case "cancel" ->
          new Cancel(job(json), json.flag("deleteObjects").orElse(false), reason(json));
      case "retry" -> new Retry(job(json));
      case "priority" ->
          new Prioritize(
              job(json),
              Math.toIntExact(json.requiredInteger("priority", 0, JobRules.MAX_PRIORITY)));
      case "get" -> new GetJob(job(json));
      case "list" -> list(json);
      case "limits" -> new GetLimits();
      default -> throw unsupported("$.request", MessageException.quote(kind), REQUESTS);
    };
  }

  private static String job(JsonObject json) throws MessageException {
    String job = json.requiredText("job", "a job's id");
    JobRules.checkId("$.job", job);
    return job;
  }

  private static String reason(JsonObject json) throws MessageException {
    String reason = json.text("reason").orElse("");
    if (reason.length() > MAX_REASON || reason.codePoints().anyMatch(Character::isISOControl)) {
      throw MessageException.invalid(
          "$.reason",
          "is " + MessageException.quote(reason),
          "at most " + MAX_REASON + " characters, none of them a control character");
    }
    return reason;
  }

  private static ListJobs list(JsonObject json) throws MessageException {
    ListJobs list =
        new ListJobs(
            json.texts("states"),
            json.textMap("labels"),
            json.integer("limit", 1, ListJobs.MAX_LIMIT)
                .map(Math::toIntExact)
                .orElse(ListJobs.DEFAULT_LIMIT),
            json.text("after"));
    JobRules.checkLabels("$.labels", list.labels());
    if (list.after().isPresent()) {
      JobRules.checkId("$.after", list.after().get());
    }
    return list;
  }

  /** Writes a reply. */
  public static byte[] encode(ControlReply reply) {
    return JsonWriter.write(json -> {
      json.writeNumberProperty("version", ControlReply.VERSION);
      switch (reply) {
        case Ordered ordered -> {
          json.writeStringProperty("reply", "ordered");
          json.writeBooleanProperty("inEffect", ordered.inEffect());
          json.writeName("job");
          json.writeStartObject();
          JobStatusForm.write(json, ordered.job());
          json.writeEndObject();
        }
        case Details details -> {
          json.writeStringProperty("reply", "job");
          json.writeName("job");
          json.writeStartObject();
          JobStatusForm.write(json, details.job());
          json.writeEndObject();
          JobStatusForm.write(json, details.transitions());
        }
        case Page page -> {
          json.writeStringProperty("reply", "jobs");
          json.writeName("jobs");
          json.writeStartArray();
          for (JobStatus job : page.jobs()) {
            json.writeStartObject();
            JobStatusForm.write(json, job);
            json.writeEndObject();
          }
          json.writeEndArray();
          json.writeBooleanProperty("more", page.more());
        }
        case Limits limits -> {
          json.writeStringProperty("reply", "limits");
          WorkerLimitsForm.write(json, limits);
        }
        case Refused refused -> {
          json.writeStringProperty("reply", "error");
          json.writeStringProperty("code", refused.code().name());
          json.writeStringProperty("message", refused.message());
        }
      }
    });
  }

  /**
   * Reads a reply.
   *
   * @throws MessageException when it is none, or of a version or kind that came later
   */
  public static ControlReply decodeReply(byte[] message) throws MessageException {
    JsonObject json = JsonReader.read(message, REPLY, JsonLimits.ANSWER);
    checkVersion(json, ControlReply.VERSION);
    String kind = json.requiredText("reply", REPLIES);
    return switch (kind) {
      case "ordered" ->
          new Ordered(
              JobStatusForm.read(json.requiredObject("job", "a job")),
              json.requiredFlag("inEffect"));
      case "job" ->
          new Details(
              JobStatusForm.read(json.requiredObject("job", "a job")),
              JobStatusForm.transitions(json));
      case "jobs" -> new Page(json.list("jobs", JobStatus.class), json.requiredFlag("more"));
      case "limits" -> WorkerLimitsForm.read(json);
      case "error" ->
          new Refused(
              code(json.requiredText("code", "a name of the fault")),
              json.requiredText("message", "what was wrong"));
      default -> throw unsupported("$.reply", MessageException.quote(kind), REPLIES);
    };
  }

  private static Code code(String name) {
    for (Code code : Code.values()) {
      if (code.name().equals(name)) {
        return code;
      }
    }
    return Code.OTHER;
  }

  private static void checkVersion(JsonObject json, int expected) throws MessageException {
    Optional<Long> version = json.integer("version", Integer.MIN_VALUE, Integer.MAX_VALUE);
    if (version.isPresent() && version.get() != expected) {
      throw unsupported("$.version", version.get().toString(), "version " + expected);
    }
  }

  private static MessageException unsupported(String path, String found, String expected) {
    return new MessageException(
        MessageError.UNSUPPORTED_VERSION,
        path,
        "is " + found,
        expected,
        "update whichever of command line and workers is older");
  }
}
