package dev.piecework.worker.job;

import dev.piecework.message.JobMessage;
import dev.piecework.message.TraceParent;
import java.time.Duration;
import java.util.Optional;

/**
 * A valid job message as it was delivered.
 *
 * @param job the message
 * @param messageId its AMQP message id; empty if the sender gave none
 * @param continuation whether Piecework itself put it on the queue
 * @param redelivered whether the broker has delivered it before
 * @param trace the trace that it belongs to, if any
 * @param author the broker's user who sent it; empty if it does not say
 */
public record Submission(
    JobMessage job,
    String messageId,
    boolean continuation,
    boolean redelivered,
    Optional<TraceParent> trace,
    String author) {

  /** One of no trace and unknown author. */
  public Submission(JobMessage job, String messageId, boolean continuation, boolean redelivered) {
    this(job, messageId, continuation, redelivered, Optional.empty(), "");
  }

  /**
   * The same with a deadline, if it is somebody's who set none.
   *
   * @param deadline zero for none. What Piecework itself puts on the queue again stays as it is
   */
  public Submission withDefaultDeadline(Duration deadline) {
    if (deadline.isZero() || continuation || job.options().deadline().isPresent()) {
      return this;
    }
    JobMessage limited =
        new JobMessage(
            job.version(),
            job.id(),
            job.source(),
            job.destination(),
            job.options().withDeadline(deadline));
    return new Submission(limited, messageId, continuation, redelivered, trace, author);
  }

  /** Whether somebody sent it who does not say who he is; what Piecework itself sends is not. */
  public boolean isAnonymous() {
    return author.isEmpty() && !continuation;
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
