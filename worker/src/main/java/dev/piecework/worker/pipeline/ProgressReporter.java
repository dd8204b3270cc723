package dev.piecework.worker.pipeline;

import dev.piecework.engine.TorrentStats;
import dev.piecework.message.EventData;
import dev.piecework.message.EventType;
import dev.piecework.message.JobEvent;
import dev.piecework.message.JobEventCodec;
import dev.piecework.message.Topology;
import dev.piecework.message.TraceParent;
import dev.piecework.worker.broker.OutgoingMessage;
import dev.piecework.worker.broker.Publisher;
import dev.piecework.worker.job.JobEntries;
import dev.piecework.worker.transfer.TransferProgress;
import java.time.Clock;
import java.util.Map;
import java.util.Optional;

/**
 * Publishes how every run stands. These events pass the outbox by: they are not worth a
 * transaction, and a lost one is followed by the next.
 */
public final class ProgressReporter {
  /** Characters of what a tracker says of itself. */
  private static final int MAX_OUTCOME = 200;

  private final JobRunner runner;
  private final Publisher publisher;
  private final JobEntries entries;
  private final Clock clock;

  /** Speaks for a runner. */
  public ProgressReporter(JobRunner runner, Publisher publisher, JobEntries entries, Clock clock) {
    this.runner = runner;
    this.publisher = publisher;
    this.entries = entries;
    this.clock = clock;
  }

  /** One event for each run that has begun its transfer and was not told to stop. */
  public void report() {
    for (JobRun run : runner.runs()) {
      if (run.tellsProgress()) {
        run.progress().ifPresent(progress -> publish(run, progress));
      }
    }
  }

  private void publish(JobRun run, TransferProgress progress) {
    JobEvent event =
        entries.event(run.row(), clock.instant(), EventType.PROGRESS, data(run.phase(), progress));
    publisher.publishLossy(
        new OutgoingMessage(
            event.id(),
            Topology.EVENTS_EXCHANGE,
            Topology.eventRoutingKey(EventType.PROGRESS, event.jobId()),
            0,
            JobEventCodec.CONTENT_TYPE,
            run.trace()
                .<Map<String, Object>>map(trace -> Map.of(TraceParent.HEADER, trace.value()))
                .orElse(Map.of()),
            false,
            JobEventCodec.encode(event)),
        run::tellsProgress);
  }

  static EventData.Progress data(JobRun.Phase phase, TransferProgress progress) {
    long left = progress.totalBytes() - progress.verifiedBytes();
    long rate = progress.swarm().downloadBytesPerSecond();
    return new EventData.Progress(
        phase.wireName(),
        progress.totalBytes(),
        progress.verifiedBytes(),
        progress.uploadedBytes(),
        rate,
        progress.swarm().uploadBytesPerSecond(),
        progress.swarm().peers(),
        progress.swarm().seeders(),
        progress.verifiedPieces(),
        progress.totalPieces(),
        progress.uploadedParts(),
        progress.totalParts(),
        left > 0 && rate > 0 ? Optional.of(Math.ceilDiv(left, rate)) : Optional.empty(),
        progress.swarm().trackers().stream()
            .limit(EventData.Progress.MAX_TRACKERS)
            .map(ProgressReporter::tracker)
            .toList());
  }

  private static EventData.TrackerOutcome tracker(TorrentStats.TrackerState state) {
    String outcome = state.outcome();
    return new EventData.TrackerOutcome(
        state.place(),
        outcome.length() <= MAX_OUTCOME ? outcome : outcome.substring(0, MAX_OUTCOME),
        state.peers());
  }
}
