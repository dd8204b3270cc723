package dev.piecework.cli.broker;

import dev.piecework.message.JobEvent;
import java.util.Optional;

/** What an {@link EventFeed} has to say. */
public sealed interface News {
  /**
   * An event.
   *
   * @param body as it came: one JSON object
   * @param event what it says; absent when it is of a kind that this version does not know, or no
   *     event at all
   */
  record Event(String body, Optional<JobEvent> event) implements News {}

  /**
   * The broker is gone; it is tried again from now on.
   *
   * @param reason in a few words
   */
  record Lost(String reason) implements News {}

  /**
   * The broker is back.
   *
   * @param complete whether the queue was still there, with all events of the time between; if not,
   *     some may have been missed
   */
  record Again(boolean complete) implements News {}
}
