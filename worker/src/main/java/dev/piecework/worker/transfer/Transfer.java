package dev.piecework.worker.transfer;

import java.time.Duration;
import java.util.BitSet;
import java.util.List;

/**
 * One job's download and upload at work. The caller takes batches, writes them to SQL and confirms
 * them; only then does the window move on and scratch space become free. So what a crash can cost
 * is bounded by the window, whatever the speed.
 *
 * <p>Used by one thread, except for {@link #progress()} and {@link #close()}.
 */
public interface Transfer extends AutoCloseable {
  /**
   * Waits for something to write down: returns at once when a part has been uploaded since the last
   * call, and after {@code atMost} in any case, possibly with an empty batch (a heartbeat).
   *
   * @throws TransferException when the transfer cannot go on; says whether trying again may help
   * @throws InterruptedException when the waiting thread is interrupted
   */
  Batch await(Duration atMost) throws TransferException, InterruptedException;

  /** Says that a batch is in SQL. */
  void committed(Batch batch);

  /**
   * Whether nothing is here that could go on without another piece from a peer.
   *
   * @return for how long no piece has come, or none has been uploaded; zero if something can go on
   */
  Duration waitsForPeers();

  /** Whether every part has been uploaded and committed. */
  boolean finished();

  /** How it stands; from any thread. */
  TransferProgress progress();

  /**
   * Stops the swarm and the uploads and waits for them, seconds at most. Scratch stays as it is: a
   * later transfer of the same job on this host finds it. Idempotent.
   */
  @Override
  void close();

  /**
   * What has happened since the last batch. Written to SQL in one transaction, in this order: first
   * what is void goes, then uploads, then parts.
   *
   * @param voided objects (index in the layout) of whose parts and upload the store knows nothing
   *     any more: their rows are deleted; they are sent again from the start
   * @param uploads multipart uploads begun; to be written together with or before their parts
   * @param parts parts uploaded
   * @param pieces all pieces now verified in scratch here (not only new ones), for the checkpoint
   */
  record Batch(
      List<Integer> voided,
      List<Checkpoint.Upload> uploads,
      List<Checkpoint.UploadedPart> parts,
      BitSet pieces) {
    /** Whether there is nothing new in it but, perhaps, pieces. */
    public boolean heartbeat() {
      return voided.isEmpty() && uploads.isEmpty() && parts.isEmpty();
    }
  }
}
