package dev.piecework.cli.progress;

import dev.piecework.message.ControlReply.Limits;
import dev.piecework.message.WorkerLimit;
import dev.piecework.message.WorkerLimitsForm;
import java.io.PrintStream;
import java.util.List;

/** Prints what workers may use at most. */
public final class LimitsPrinter {
  private final PrintStream out;

  /** Prints there. */
  public LimitsPrinter(PrintStream out) {
    this.out = out;
  }

  /** For people a row for each limit of each worker. */
  public void print(OutputFormat format, List<Limits> workers) {
    switch (format) {
      case TABLE -> table(workers);
      case NAME -> workers.forEach(worker -> out.println(Table.harmless(worker.worker())));
      case JSONL ->
          workers.forEach(
              worker -> JsonOutput.print(out, json -> WorkerLimitsForm.write(json, worker)));
      case JSON ->
          JsonOutput.print(
              out,
              json -> {
                json.writeName("workers");
                json.writeStartArray();
                for (Limits worker : workers) {
                  json.writeStartObject();
                  WorkerLimitsForm.write(json, worker);
                  json.writeEndObject();
                }
                json.writeEndArray();
              });
    }
    out.flush();
  }

  private void table(List<Limits> workers) {
    Table table =
        Table.of(
            Table.Column.left("WORKER"),
            Table.Column.left("HOST"),
            Table.Column.left("VERSION"),
            Table.Column.left("OF"),
            Table.Column.right("USED"),
            Table.Column.right("LIMIT"),
            Table.Column.right("FULL"));
    for (Limits worker : workers) {
      for (WorkerLimit each : worker.limits()) {
        table.row(
            worker.worker(),
            worker.host(),
            worker.workerVersion(),
            each.name(),
            each.used().map(used -> quantity(used, each.unit())).orElse("-"),
            each.limit().map(limit -> quantity(limit, each.unit())).orElse("none"),
            each.used()
                .flatMap(used -> each.limit().map(limit -> Human.percent(used, limit) + "%"))
                .orElse("-"));
      }
    }
    table.print(out);
  }

  private static String quantity(long number, String unit) {
    return switch (unit) {
      case WorkerLimit.COUNT -> Long.toString(number);
      case WorkerLimit.COUNT_PER_SECOND -> number + "/s";
      case WorkerLimit.BYTES -> Human.bytes(number);
      case WorkerLimit.BYTES_PER_SECOND -> Human.rate(number);
      default -> number + " " + unit;
    };
  }
}
