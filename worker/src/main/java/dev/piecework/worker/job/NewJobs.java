package dev.piecework.worker.job;

import dev.piecework.message.Destination;
import dev.piecework.message.EventData;
import dev.piecework.message.EventType;
import dev.piecework.message.JobMessage;
import dev.piecework.message.JobMessageCodec;
import dev.piecework.worker.outbox.Outbox;
import dev.piecework.worker.outbox.TextMap;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.OffsetDateTime;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * Writes jobs down: the row, the first line of its history, and its accepted event. Whoever writes
 * the row tells the event, so that it is told once and before any other.
 */
final class NewJobs {
  private final JdbcClient jdbc;
  private final Transitions transitions;
  private final Outbox outbox;
  private final JobEntries entries;
  private final FairShares shares;

  NewJobs(
      JdbcClient jdbc,
      Transitions transitions,
      Outbox outbox,
      JobEntries entries,
      FairShares shares) {
    this.shares = shares;
    this.jdbc = jdbc;
    this.transitions = transitions;
    this.outbox = outbox;
    this.entries = entries;
  }

  /**
   * Writes a job down unless it is there.
   *
   * @return whether this call wrote it
   * @throws org.springframework.dao.DuplicateKeyException if another transaction has just written
   *     it
   */
  boolean write(Submission submission) {
    JobMessage job = submission.job();
    Destination destination = job.destination();
    Title title = Title.of(job.source());
    OffsetDateTime now = jdbc.sql("SELECT CURRENT_TIMESTAMP").query(OffsetDateTime.class).single();
    int written =
        jdbc.sql(
                """
                INSERT INTO piecework_job(id, message, submission, state, reason, attempt, failures,
                  progressed, epoch, lease_owner, lease_until, due_at, requeues, priority, labels,
                  bucket, prefix, info_hash, name, total_bytes, total_pieces, total_files,
                  downloaded_bytes, sent_bytes, created_at, updated_at, trace_parent, source,
                  deadline_at, definition, author, queued_at, place_at, share)
                SELECT CAST(:id AS VARCHAR(100)), CAST(:message AS TEXT),
                  CAST(:submission AS VARCHAR(255)), 'QUEUED', '', 0, 0, FALSE, 0, '', NULL,
                  NULL, 0, CAST(:priority AS INT),
                  CAST(:labels AS TEXT), CAST(:bucket AS VARCHAR(255)),
                  CAST(:prefix AS VARCHAR(1024)), CAST(:hash AS VARCHAR(40)),
                  CAST(:name AS VARCHAR(1024)), 0, 0, 0, 0, 0,
                  CAST(:now AS TIMESTAMP WITH TIME ZONE), CAST(:now AS TIMESTAMP WITH TIME ZONE),
                  CAST(:trace AS VARCHAR(55)), CAST(:source AS VARCHAR(1000)),
                  CAST(:deadline AS TIMESTAMP WITH TIME ZONE), CAST(:definition AS VARCHAR(64)),
                  CAST(:author AS VARCHAR(255)),
                  CAST(:now AS TIMESTAMP WITH TIME ZONE), CAST(:now AS TIMESTAMP WITH TIME ZONE),
                  CAST(:share AS VARCHAR(512))
                WHERE NOT EXISTS (SELECT 1 FROM piecework_job j WHERE j.id = :id)
                """)
            .param("id", job.id())
            .param("message", text(job))
            .param("submission", submission.messageId())
            .param(
                "deadline",
                job.options().deadline().map(now::plus).orElse(null),
                java.sql.Types.TIMESTAMP_WITH_TIMEZONE)
            .param("priority", job.options().priority())
            .param("labels", TextMap.write(job.options().labels()))
            .param("bucket", destination.bucket())
            .param("prefix", destination.prefix())
            .param("hash", title.infoHash())
            .param("name", title.name())
            .param("now", now)
            .param("trace", submission.traceText())
            .param("source", job.source().summary())
            .param("share", shares.of(job.options()))
            .param("definition", JobDefinition.of(job).hash())
            .param("author", submission.author())
            .update();
    if (written == 0) {
      return false;
    }
    JobRow row = transitions.lock(job.id()).orElseThrow();
    transitions.history("NEW", row, "", submission.author());
    Instant accepted = now.toInstant();
    outbox.add(entries.entry(row, EventType.ACCEPTED, "", new EventData.None()), accepted);
    return true;
  }

  /** A job as its row holds it. */
  static String text(JobMessage job) {
    return new String(JobMessageCodec.encode(job), StandardCharsets.UTF_8);
  }
}
