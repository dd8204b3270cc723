package dev.piecework.worker.job;

import dev.piecework.message.JobMessage;
import dev.piecework.message.JobMessageCodec;
import dev.piecework.message.MessageException;
import dev.piecework.message.TraceParent;
import dev.piecework.worker.fault.Fault;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * A job's message as its row holds it.
 *
 * @param job the message
 * @param trace that it belongs to, if any
 */
record StoredMessage(JobMessage job, Optional<TraceParent> trace) {

  private record Text(String message, String trace) {}

  /**
   * Reads the message of a job that is there.
   *
   * @throws MessageException if this worker cannot read it
   */
  static StoredMessage read(JdbcClient jdbc, String jobId) throws MessageException {
    Text text =
        jdbc.sql("SELECT message, trace_parent FROM piecework_job WHERE id = :id")
            .param("id", jobId)
            .query((row, number) -> new Text(row.getString(1), row.getString(2)))
            .single();
    return new StoredMessage(
        JobMessageCodec.decode(text.message().getBytes(StandardCharsets.UTF_8)),
        TraceParent.parse(text.trace()));
  }

  /** The fault of a job whose message cannot be read. */
  static Fault unreadable(MessageException e) {
    return new Fault(
        Fault.Kind.INVALID_MESSAGE,
        "cannot read the job in its row: %s: %s. If a newer worker wrote it, update this worker, then \"retry\" the job"
            .formatted(e.error(), e.getMessage()));
  }
}
