package dev.piecework.worker.pipeline;

import dev.piecework.worker.checkpoint.CheckpointTable;
import dev.piecework.worker.transfer.Checkpoint.UploadedPart;
import dev.piecework.worker.transfer.Transfer;
import dev.piecework.worker.transfer.TransferException;
import dev.piecework.worker.transfer.TransferProgress;
import java.time.Duration;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;
import org.springframework.batch.infrastructure.item.Chunk;
import org.springframework.batch.infrastructure.item.ItemReader;
import org.springframework.batch.infrastructure.item.ItemWriter;

/**
 * Reader and writer of the transfer step. An item is what happened since the last commit, possibly
 * nothing; so a chunk is one item, and a commit comes at least once per checkpoint interval.
 */
final class TransferSteps {
  private final JobRun run;
  private final CheckpointTable checkpoints;
  private final String scratchId;
  private final Duration interval;
  private final RunMetrics metrics;
  private BitSet written;
  private long receivedBytes;
  private long sentBytes;
  private long receivedAt = System.nanoTime();
  private boolean drained;

  /**
   * @param written the pieces that the checkpoint already claims for this scratch
   */
  TransferSteps(
      JobRun run,
      CheckpointTable checkpoints,
      String scratchId,
      BitSet written,
      Duration interval,
      RunMetrics metrics) {
    this.metrics = metrics;
    this.run = run;
    this.checkpoints = checkpoints;
    this.scratchId = scratchId;
    this.written = written;
    this.interval = interval;
  }

  ItemReader<Transfer.Batch> reader() {
    return this::read;
  }

  ItemWriter<Transfer.Batch> writer() {
    return this::write;
  }

  private Transfer.@Nullable Batch read() throws TransferException, InterruptedException {
    run.moved();
    Transfer transfer = run.transfer();
    if (run.phase() == JobRun.Phase.TRANSFER) {
      run.giveWayIfIdle(idle(transfer));
    }
    if (run.stopReason().isPresent()) {
      if (drained || run.stopReason().get() == JobRun.StopReason.LEASE_LOST) {
        run.checkStop();
      }
      // One last commit of what is done already, so that nobody does it again.
      drained = true;
      return transfer.await(Duration.ZERO);
    }
    return transfer.finished() ? null : transfer.await(interval);
  }

  /** For how long nothing has moved, and not even a block has come. */
  private Duration idle(Transfer transfer) {
    Duration still = transfer.waitsForPeers();
    Duration silent = Duration.ofNanos(System.nanoTime() - receivedAt);
    return still.compareTo(silent) < 0 ? still : silent;
  }

  private void write(Chunk<? extends Transfer.Batch> chunk) {
    for (Transfer.Batch batch : chunk) {
      commit(batch);
    }
  }

  /** Writes a batch and tells the transfer. */
  void commit(Transfer.Batch batch) {
    run.moved();
    TransferProgress progress = run.transfer().progress();
    boolean changed = !batch.pieces().equals(written);
    long received = progress.swarm().receivedBytes() - receivedBytes;
    if (received > 0) {
      receivedAt = System.nanoTime();
    }
    long sent = progress.swarm().sentBytes() - sentBytes;
    metrics.checkpoint(() ->
        checkpoints.write(
            run.lease(),
            new CheckpointTable.Step(
                batch,
                changed,
                scratchId,
                received,
                sent,
                progress.uploadedBytes(),
                progress.verifiedPieces())));
    metrics.committed(
        batch.parts().size(), batch.parts().stream().mapToLong(UploadedPart::length).sum());
    receivedBytes = progress.swarm().receivedBytes();
    sentBytes = progress.swarm().sentBytes();
    if (changed) {
      written = (BitSet) batch.pieces().clone();
    }
    run.transfer().committed(batch);
  }
}
