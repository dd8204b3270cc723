package dev.piecework.worker.job;

import dev.piecework.message.JobMessage;

/**
 * A valid job message as it was delivered.
 *
 * @param job the message
 * @param messageId its AMQP message id; empty if the sender gave none
 * @param continuation whether Piecework itself put it on the queue
 * @param redelivered whether the broker has delivered it before
 */
public record Submission(
    JobMessage job, String messageId, boolean continuation, boolean redelivered) {

  /** Whether somebody asks for the job, after the one whose message id is given. */
  boolean asksAgain(String earlierMessageId) {
    if (continuation) {
      return false;
    }
    return messageId.isEmpty() ? !redelivered : !messageId.equals(earlierMessageId);
  }
}
