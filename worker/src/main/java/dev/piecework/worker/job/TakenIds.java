package dev.piecework.worker.job;

import dev.piecework.message.EventData;
import dev.piecework.message.EventType;
import dev.piecework.worker.fault.Fault;
import dev.piecework.worker.outbox.Outbox;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Tells submissions of a job from other jobs that were given its id. The first one decides what the
 * id stands for, for as long as the job's row is kept, whatever has become of the job.
 */
final class TakenIds {
  private final JdbcClient jdbc;
  private final Transitions transitions;
  private final Outbox outbox;
  private final JobEntries entries;

  TakenIds(JdbcClient jdbc, Transitions transitions, Outbox outbox, JobEntries entries) {
    this.jdbc = jdbc;
    this.transitions = transitions;
    this.outbox = outbox;
    this.entries = entries;
  }

  private record Known(String definition, String infoHash) {}

  /**
   * Lets pass what is a submission of the job, by its hash or, where hashes differ, by all that the
   * row knows: so that a link and the torrent that was found behind it are one. The caller holds
   * the row's lock.
   *
   * @throws IdTakenException if it is another job
   */
  void check(JobRow row, Submission submission) {
    if (submission.continuation()) {
      return;
    }
    JobDefinition submitted = JobDefinition.of(submission.job());
    Known known =
        jdbc.sql("SELECT definition, info_hash FROM piecework_job WHERE id = :id")
            .param("id", row.id())
            .query((found, number) -> new Known(found.getString(1), found.getString(2)))
            .single();
    if (known.definition().equals(submitted.hash())) {
      return;
    }
    JobDefinition earlier = JobDefinition.of(Admissions.message(jdbc, row.id()));
    List<String> differences = earlier.differences(submitted, known.infoHash());
    if (!differences.isEmpty()) {
      throw new IdTakenException(
          new Fault(
              Fault.Kind.ID_TAKEN,
              "id \"%s\" belongs to another job: %s. Choose another id, or submit that job as it was"
                  .formatted(row.id(), String.join("; ", differences))));
    }
    if (known.definition().isEmpty()) {
      jdbc.sql("UPDATE piecework_job SET definition = :definition WHERE id = :id")
          .param("definition", earlier.hash())
          .param("id", row.id())
          .update();
    }
  }

  /**
   * Has whoever waits for the submission hear of its refusal, once. In a transaction of its own,
   * since that of the check is rolled back.
   */
  void tell(Submission submission, IdTakenException refusal) {
    transitions
        .lock(submission.job().id())
        .ifPresent(row ->
            outbox.add(
                entries.entry(
                    row,
                    EventType.REFUSED,
                    // A message id may be longer than the column.
                    UUID.nameUUIDFromBytes(submission.messageId().getBytes(StandardCharsets.UTF_8))
                        .toString(),
                    new EventData.Refused(
                        submission.messageId(),
                        refusal.fault().kind().name(),
                        refusal.fault().message())),
                row.now()));
  }
}
