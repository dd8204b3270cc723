package dev.piecework.message;

import java.util.Optional;

/**
 * What a job gets where its message says nothing: for whoever reads messages that people wrote, and
 * was told the rest by other means. A label or option of the message itself wins.
 *
 * @param bucket for a message without {@code destination.bucket}; absent: such a message is refused
 * @param prefix for a message without {@code destination.prefix}; absent: no prefix
 * @param keyTemplate for a message without {@code destination.keyTemplate}; absent: none
 * @param options for each option that a message leaves out; labels are added to the message's own
 */
public record JobDefaults(
    Optional<String> bucket,
    Optional<String> prefix,
    Optional<String> keyTemplate,
    JobOptions options) {
  /** Nothing but what the message says. */
  public static JobDefaults none() {
    return new JobDefaults(Optional.empty(), Optional.empty(), Optional.empty(), JobOptions.none());
  }
}
