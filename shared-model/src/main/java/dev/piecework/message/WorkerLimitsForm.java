package dev.piecework.message;

import dev.piecework.message.ControlReply.Limits;
import tools.jackson.core.JsonGenerator;

/** The JSON form of a worker's limits: in replies, and in what programs are shown. */
public final class WorkerLimitsForm {
  /** Most limits in one reply that is read. */
  static final int MAX_LIMITS = 1000;

  static final Shape LIMITS =
      new Shape.Forms<>(
          MAX_LIMITS, Shape.form("name", "unit", "limit", "used"), WorkerLimitsForm::limit);

  private WorkerLimitsForm() {}

  /** Writes the members of a worker's limits into the object at hand. */
  public static void write(JsonGenerator json, Limits limits) {
    json.writeStringProperty("worker", limits.worker());
    json.writeStringProperty("host", limits.host());
    json.writeStringProperty("workerVersion", limits.workerVersion());
    json.writeName("limits");
    json.writeStartArray();
    for (WorkerLimit each : limits.limits()) {
      json.writeStartObject();
      json.writeStringProperty("name", each.name());
      json.writeStringProperty("unit", each.unit());
      each.limit().ifPresent(limit -> json.writeNumberProperty("limit", limit));
      each.used().ifPresent(used -> json.writeNumberProperty("used", used));
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  static Limits read(JsonObject json) throws MessageException {
    return new Limits(
        json.requiredText("worker", "the worker's id"),
        json.requiredText("host", "the worker's host"),
        json.requiredText("workerVersion", "the worker's version"),
        json.list("limits", WorkerLimit.class));
  }

  private static WorkerLimit limit(JsonObject json) throws MessageException {
    return new WorkerLimit(
        json.requiredText("name", "what is limited"),
        json.requiredText("unit", "the unit of limit and used"),
        json.integer("limit", 0, Long.MAX_VALUE),
        json.integer("used", 0, Long.MAX_VALUE));
  }
}
