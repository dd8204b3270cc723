package dev.piecework.worker.transfer;

import dev.piecework.layout.ObjectLayout;
import dev.piecework.layout.Part;
import dev.piecework.worker.store.StoreException;
import dev.piecework.worker.transfer.Checkpoint.UploadedPart;
import java.util.Optional;
import java.util.OptionalInt;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends every part that becomes ready, several at once, in whatever order they come, within the
 * budget that all jobs share.
 */
final class UploadPump {
  private static final Logger log = LoggerFactory.getLogger(UploadPump.class);

  private final TransferState state;
  private final PartUploader uploader;
  private final UploadBudget budget;
  private final TaskThreads threads;
  private final ObjectLayout layout;

  UploadPump(
      TransferState state,
      PartUploader uploader,
      UploadBudget budget,
      TaskThreads threads,
      ObjectLayout layout) {
    this.state = state;
    this.uploader = uploader;
    this.budget = budget;
    this.threads = threads;
    this.layout = layout;
  }

  /** Returns when every part is committed, or the transfer has failed or is closed. */
  void run() throws InterruptedException {
    while (true) {
      Part part;
      state.lock.lockInterruptibly();
      try {
        OptionalInt next = OptionalInt.empty();
        while (next.isEmpty()) {
          if (state.closing || state.failure != null || state.ledger.finished()) {
            return;
          }
          next = state.ledger.takeReady();
          if (next.isEmpty()) {
            state.changed.await();
          }
        }
        part = state.ledger.part(next.getAsInt());
      } finally {
        state.lock.unlock();
      }
      int room = budget.acquire(part.length());
      threads.start(() -> {
        try {
          upload(part);
        } finally {
          budget.release(room);
        }
      });
    }
  }

  private void upload(Part part) {
    try {
      Optional<String> uploadId = Optional.empty();
      if (!layout.objects().get(part.object()).single()) {
        uploadId = Optional.of(uploader.uploadId(part.object(), this::knownUpload, this::begun));
      }
      UploadedPart sent = uploader.send(part, uploadId);
      state.lock.lock();
      try {
        state.progressed();
        state.ledger.partUploaded(sent);
        state.changed.signalAll();
      } finally {
        state.lock.unlock();
      }
    } catch (StoreException e) {
      givenUp();
      switch (e.reason()) {
        case CANCELLED -> log.debug("part {} of object {} given up", part.number(), part.object());
        case NO_SUCH_UPLOAD -> state.fail(TransferFaults.uploadVanished(e));
        default -> state.fail(TransferFaults.of(e));
      }
    } catch (RuntimeException e) {
      givenUp();
      state.fail(TransferFaults.defect(e));
    }
  }

  private Optional<String> knownUpload(int object) {
    state.lock.lock();
    try {
      return state.ledger.uploadId(object);
    } finally {
      state.lock.unlock();
    }
  }

  private void begun(int object, String uploadId) {
    state.lock.lock();
    try {
      state.ledger.uploadBegun(object, uploadId);
    } finally {
      state.lock.unlock();
    }
  }

  private void givenUp() {
    state.lock.lock();
    try {
      state.ledger.partGivenUp();
    } finally {
      state.lock.unlock();
    }
  }
}
