package dev.piecework.worker.trace;

import dev.piecework.message.TraceParent;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * Something that took time, as a trace shows it.
 *
 * @param parent the trace, and the span in it that this one follows from
 * @param spanId 16 hexadecimal digits, not all zero
 * @param name of the kind of work
 * @param start when it began
 * @param end when it ended, not before
 * @param attributes what is known of it
 * @param error why it failed; empty if it did not
 */
record Span(
    TraceParent parent,
    String spanId,
    String name,
    Instant start,
    Instant end,
    Map<String, String> attributes,
    Optional<String> error) {

  /** Copies the attributes. */
  Span {
    attributes = Map.copyOf(attributes);
  }
}
