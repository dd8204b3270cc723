package dev.piecework.cli.progress;

import dev.piecework.message.EventData;
import dev.piecework.message.EventData.Completed;
import dev.piecework.message.EventData.FinishedObject;
import dev.piecework.message.EventData.Progress;
import dev.piecework.message.EventType;
import dev.piecework.message.JobEvent;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/** Events as a worker would send them. */
public final class Events {
  /** When the first of them happens. */
  public static final Instant BEGIN = Instant.parse("2026-11-21T01:00:00Z");

  private Events() {}

  /** An event of attempt 1 that happens {@code second} seconds after {@link #BEGIN}. */
  public static JobEvent event(String jobId, EventType type, long second, EventData data) {
    return new JobEvent(
        jobId + "-" + type + "-" + second,
        type,
        "/piecework/workers/w1",
        BEGIN.plusSeconds(second),
        jobId,
        1,
        1,
        Map.of(),
        data);
  }

  /** Progress in the transfer: of 900 MiB, 40 s left. */
  public static JobEvent progress(String jobId, long second, int percent) {
    long total = 900L << 20;
    return event(
        jobId,
        EventType.PROGRESS,
        second,
        new Progress(
            "transfer",
            total,
            total * percent / 100,
            0,
            25L << 20,
            0,
            8,
            3,
            10 * percent,
            1000,
            percent,
            100,
            Optional.of(40L),
            List.of()));
  }

  /** A completed job with this many objects of 1 MiB. */
  public static JobEvent completed(String jobId, int objects) {
    return event(
        jobId,
        EventType.COMPLETED,
        100,
        new Completed(
            "ab".repeat(20),
            "set",
            "data",
            (long) objects << 20,
            IntStream.range(0, objects)
                .mapToObj(i ->
                    new FinishedObject("sets/set/f" + i, "set/f" + i, 1 << 20, "e" + i, "yZRlqg=="))
                .toList(),
            "sets/set.manifest.json",
            (long) objects << 20,
            1024,
            20.5,
            0));
  }

  /** Those of one job from acceptance to completion. */
  public static List<JobEvent> wholeJob(String jobId) {
    return List.of(
        event(jobId, EventType.ACCEPTED, 0, new EventData.None()),
        event(jobId, EventType.STARTED, 1, new EventData.Started("w1", "node-7", false)),
        event(
            jobId,
            EventType.METADATA,
            2,
            new EventData.Metadata("ab".repeat(20), "set", 900L << 20, 2, 1000, 1 << 20)),
        progress(jobId, 3, 50),
        completed(jobId, 2));
  }
}
