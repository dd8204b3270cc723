package dev.piecework.worker.job;

import dev.piecework.message.JobMessage;
import dev.piecework.message.TraceParent;
import java.util.Optional;

/**
 * A valid job message as it was delivered.
 *
 * @param job the message
 * @param messageId its AMQP message id; empty if the sender gave none
 * @param continuation whether Piecework itself put it on the queue
 * @param redelivered whether the broker has delivered it before
 * @param trace the trace that it belongs to, if any
 */
public record Submission(
    JobMessage job,
    String messageId,
    boolean continuation,
    boolean redelivered,
    Optional<TraceParent> trace) {

  /** One of no trace. */
  public Submission(JobMessage job, String messageId, boolean continuation, boolean redelivered) {
    this(job, messageId, continuation, redelivered, Optional.empty());
  }

  /** As it is kept; empty if there is none. */
  String traceText() {
    return trace.map(TraceParent::value).orElse("");
  }

  /** Whether somebody asks for the job, after the one whose message id is given. */
  boolean asksAgain(String earlierMessageId) {
    if (continuation) {
      return false;
    }
    return messageId.isEmpty() ? !redelivered : !messageId.equals(earlierMessageId);
  }
}
