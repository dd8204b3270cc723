package dev.piecework.message;

import java.time.Instant;

/**
 * A change of a job's state.
 *
 * @param time when, by the database's clock
 * @param from the state before; {@code new} for the first
 * @param to the state after
 * @param reason why; may be empty
 * @param attempt runs in the series, after the change
 * @param epoch after the change
 * @param worker who changed it
 * @param author the broker's user who submitted the job or gave the order that the change follows;
 *     empty if it follows none, or that is not known
 */
public record JobTransition(
    Instant time,
    String from,
    String to,
    String reason,
    int attempt,
    long epoch,
    String worker,
    String author) {}
