package dev.piecework.message;

import java.time.Instant;
import java.util.Map;

/**
 * Something that happened to a job; a CloudEvents 1.0 envelope in JSON.
 *
 * @param id unique per event; the same event delivered twice has the same id: deduplicate by it
 * @param type what happened
 * @param source who says so: {@code /piecework/workers/<worker id>}
 * @param time when it happened
 * @param jobId the job; CloudEvents {@code subject}
 * @param attempt from 1; 0 before the first
 * @param epoch raised each time a worker takes the job over; orders owners
 * @param labels the job's labels
 * @param data by type
 */
public record JobEvent(
    String id,
    EventType type,
    String source,
    Instant time,
    String jobId,
    int attempt,
    long epoch,
    Map<String, String> labels,
    EventData data) {}
