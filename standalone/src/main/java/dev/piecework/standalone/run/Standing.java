package dev.piecework.standalone.run;

import dev.piecework.cli.progress.Human;
import dev.piecework.message.EventData.Completed;
import dev.piecework.message.JobEvent;
import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import java.util.Optional;

/**
 * Whether a job is done already.
 *
 * @param completed the event with which it ended, if all that it made still stands
 * @param todo the job to run otherwise
 */
record Standing(Optional<JobEvent> completed, Optional<RunJob> todo) {

  /** Looks at the record, and at the files themselves; tells the person what it found. */
  static Standing of(RunJob job, CompletedRecord record, PrintStream err) throws IOException {
    Optional<CompletedRecord.Entry> entry = record.find(job.id());
    if (entry.isEmpty()) {
      return new Standing(Optional.empty(), Optional.of(job));
    }
    JobEvent event = entry.get().event();
    Completed completed = entry.get().completed();
    err.printf(
        "piecework: %s was downloaded here before; checking %s%n",
        completed.name(), Human.count(completed.objects().size(), "file"));
    List<String> damaged = record.damaged(completed);
    if (damaged.isEmpty()) {
      err.printf("piecework: %s is complete already%n", completed.name());
      return new Standing(Optional.of(event), Optional.empty());
    }
    err.printf(
        "piecework: %s of %s missing or changed (%s%s): fetching %s again%n",
        Human.count(damaged.size(), "file"),
        completed.objects().size(),
        damaged.getFirst(),
        damaged.size() > 1 ? ", ..." : "",
        completed.name());
    return new Standing(Optional.empty(), Optional.of(job.afresh(entry.get().time() + 1)));
  }
}
