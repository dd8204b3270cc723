package dev.piecework.cli.progress;

import dev.piecework.message.ControlReply.Details;
import dev.piecework.message.ControlReply.Ordered;
import dev.piecework.message.JobStatus;
import dev.piecework.message.JobStatusForm;
import dev.piecework.message.JobTransition;
import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.Function;
import tools.jackson.core.JsonGenerator;

/** Prints how jobs stand. */
public final class JobStatusPrinter {
  private final PrintStream out;
  private final InstantSource clock;

  /**
   * @param out standard output
   * @param clock for ages
   */
  public JobStatusPrinter(PrintStream out, InstantSource clock) {
    this.out = out;
    this.clock = clock;
  }

  /** A line for each job; nothing for people when there is none, an empty list for programs. */
  public void list(OutputFormat format, List<JobStatus> jobs) {
    if (format != OutputFormat.TABLE) {
      print(format, jobs, job -> job, JobStatusForm::write);
      return;
    }
    Table table =
        Table.of(
            Table.Column.left("JOB"),
            Table.Column.left("STATE"),
            Table.Column.right("DONE"),
            Table.Column.right("SIZE"),
            Table.Column.right("TRIES"),
            Table.Column.right("PRIO"),
            Table.Column.right("AGE"),
            Table.Column.left("WORKER"),
            Table.Column.left("NAME"));
    for (JobStatus job : jobs) {
      table.row(
          job.id(),
          state(job) + StoreWait.of(job),
          job.totalBytes() == 0 ? "-" : Human.percent(job.uploadedBytes(), job.totalBytes()) + "%",
          job.totalBytes() == 0 ? "-" : Human.bytes(job.totalBytes()),
          Integer.toString(job.attempt()),
          Integer.toString(job.priority()),
          age(job.createdAt()),
          job.worker().isEmpty() ? "-" : job.worker(),
          name(job));
    }
    table.print(out);
    out.flush();
  }

  /** What it is called; where that is not known yet, where it comes from. */
  static String name(JobStatus job) {
    return job.name().isEmpty() ? job.source() : job.name();
  }

  /** What was told to jobs. */
  public void ordered(OutputFormat format, List<Ordered> jobs) {
    if (format != OutputFormat.TABLE) {
      print(
          format,
          jobs,
          Ordered::job,
          (json, ordered) -> {
            JobStatusForm.write(json, ordered.job());
            json.writeBooleanProperty("inEffect", ordered.inEffect());
          });
      return;
    }
    for (Ordered ordered : jobs) {
      out.println(Table.harmless(ordered.job().id() + "  " + state(ordered.job())));
    }
    out.flush();
  }

  /** Everything that is known of jobs. */
  public void details(OutputFormat format, List<Details> jobs) {
    if (format != OutputFormat.TABLE) {
      print(
          format,
          jobs,
          Details::job,
          (json, details) -> {
            JobStatusForm.write(json, details.job());
            JobStatusForm.write(json, details.transitions());
          });
      return;
    }
    for (int i = 0; i < jobs.size(); i++) {
      if (i > 0) {
        out.println();
      }
      details(jobs.get(i));
    }
    out.flush();
  }

  private void details(Details details) {
    JobStatus job = details.job();
    line("job", job.id());
    line("state", state(job));
    line("reason", job.reason());
    line("name", job.name());
    line("info-hash", job.infoHash());
    line("from", job.source());
    line("author", job.author());
    line("to", "s3://" + job.destination().bucket() + "/" + job.destination().prefix());
    if (job.totalBytes() > 0) {
      line(
          "done",
          "%s, %d of %d pieces verified"
              .formatted(
                  Human.bytesOf(job.uploadedBytes(), job.totalBytes()),
                  job.verifiedPieces(),
                  job.totalPieces()));
    }
    line("attempt", Integer.toString(job.attempt()));
    line("epoch", Long.toString(job.epoch()));
    line("worker", job.worker());
    line("accepted", time(job.createdAt()) + " (" + age(job.createdAt()) + " ago)");
    line("changed", time(job.updatedAt()) + " (" + age(job.updatedAt()) + " ago)");
    if (job.state().equals("retrying")) {
      job.dueAt().ifPresent(due -> line("next try", time(due)));
    }
    job.deadlineAt().ifPresent(end -> line("deadline", time(end)));
    line("priority", Integer.toString(job.priority()));
    new TreeMap<>(job.labels()).forEach((name, value) -> line("label", name + "=" + value));
    out.println();
    Table table =
        Table.of(
            Table.Column.left("TIME"),
            Table.Column.left("FROM"),
            Table.Column.left("TO"),
            Table.Column.right("TRY"),
            Table.Column.right("EPOCH"),
            Table.Column.left("BY"),
            Table.Column.left("AUTHOR"),
            Table.Column.left("REASON"));
    for (JobTransition change : details.transitions()) {
      table.row(
          time(change.time()),
          change.from(),
          change.to(),
          Integer.toString(change.attempt()),
          Long.toString(change.epoch()),
          change.worker(),
          change.author().isEmpty() ? "-" : change.author(),
          change.reason());
    }
    table.print(out);
  }

  private void line(String name, String value) {
    if (!value.isEmpty()) {
      out.println(Table.harmless("%-10s %s".formatted(name, value)));
    }
  }

  private <T> void print(
      OutputFormat format,
      List<T> jobs,
      Function<T, JobStatus> status,
      BiConsumer<JsonGenerator, T> members) {
    switch (format) {
      case NAME -> jobs.forEach(job -> out.println(status.apply(job).id()));
      case JSONL -> jobs.forEach(job -> JsonOutput.print(out, json -> members.accept(json, job)));
      case JSON ->
          JsonOutput.print(
              out,
              json -> {
                json.writeName("jobs");
                json.writeStartArray();
                for (T job : jobs) {
                  json.writeStartObject();
                  members.accept(json, job);
                  json.writeEndObject();
                }
                json.writeEndArray();
              });
      case TABLE -> throw new IllegalArgumentException("a table is printed elsewhere");
    }
    out.flush();
  }

  private static String state(JobStatus job) {
    return job.ordered().isEmpty() ? job.state() : job.state() + ", to " + job.ordered();
  }

  private String age(Instant since) {
    return Human.duration(Duration.between(since, clock.instant()));
  }

  private static String time(Instant time) {
    return time.truncatedTo(ChronoUnit.SECONDS).toString();
  }
}
