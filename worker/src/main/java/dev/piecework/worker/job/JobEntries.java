package dev.piecework.worker.job;

import dev.piecework.message.EventData;
import dev.piecework.message.EventType;
import dev.piecework.message.JobEvent;
import dev.piecework.message.JobEventCodec;
import dev.piecework.message.JobMessageCodec;
import dev.piecework.message.Topology;
import dev.piecework.worker.fault.Fault;
import dev.piecework.worker.outbox.OutboxEntry;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** Makes outbox entries of what happens to jobs. */
public final class JobEntries {
  /** Header of a message that Piecework itself put back on the queue: never a new submission. */
  public static final String CONTINUATION_HEADER = "piecework-continuation";

  private static final String NONE = "";

  private final String worker;

  /**
   * @param worker the worker that speaks
   */
  public JobEntries(String worker) {
    this.worker = worker;
  }

  /** An event as it is, for those that do not pass the outbox. */
  public JobEvent event(JobRow row, Instant time, EventType type, EventData data) {
    return new JobEvent(
        UUID.randomUUID().toString(),
        type,
        "/piecework/workers/" + worker,
        time,
        row.id(),
        row.attempt(),
        row.epoch(),
        row.labels(),
        data);
  }

  OutboxEntry entry(JobRow row, EventType type, String discriminator, EventData data) {
    JobEvent event = event(row, row.now(), type, data);
    return new OutboxEntry(
        event.id(),
        row.id(),
        row.epoch(),
        type.wireName(),
        discriminator,
        Topology.EVENTS_EXCHANGE,
        Topology.eventRoutingKey(type, row.id()),
        0,
        JobEventCodec.CONTENT_TYPE,
        Map.of(),
        false,
        Optional.of(new String(JobEventCodec.encode(event), StandardCharsets.UTF_8)));
  }

  OutboxEntry continuation(JobRow row) {
    return new OutboxEntry(
        UUID.randomUUID().toString(),
        row.id(),
        row.epoch(),
        "continuation",
        Integer.toString(row.requeues()),
        Topology.JOBS_EXCHANGE,
        Topology.JOBS_QUEUE,
        row.priority(),
        JobMessageCodec.CONTENT_TYPE,
        Map.of(CONTINUATION_HEADER, "true"),
        true,
        Optional.empty());
  }

  OutboxEntry deadLetter(JobRow row, Fault fault) {
    return new OutboxEntry(
        UUID.randomUUID().toString(),
        row.id(),
        row.epoch(),
        "dead-letter",
        NONE,
        Topology.DEAD_LETTER_EXCHANGE,
        NONE,
        row.priority(),
        JobMessageCodec.CONTENT_TYPE,
        reasonHeaders(fault),
        false,
        Optional.empty());
  }

  /** Headers that say why a message is a dead letter. */
  public static Map<String, String> reasonHeaders(Fault fault) {
    return Map.of(
        Topology.DEAD_LETTER_CODE_HEADER, fault.kind().name(),
        Topology.DEAD_LETTER_REASON_HEADER, fault.message());
  }
}
