package dev.piecework.worker.transfer;

import dev.piecework.layout.ObjectLayout;
import dev.piecework.layout.StoredObject;
import dev.piecework.worker.lease.Fence;
import dev.piecework.worker.lease.LeaseLostException;
import dev.piecework.worker.store.ListedPart;
import dev.piecework.worker.store.ObjectStore;
import dev.piecework.worker.store.StoreException;
import dev.piecework.worker.store.StoreException.Reason;
import dev.piecework.worker.transfer.Checkpoint.Upload;
import dev.piecework.worker.transfer.Checkpoint.UploadedPart;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the store whether it still has what a checkpoint says. An upload can vanish behind our back:
 * aborted by a person, or by a rule of the bucket that ends old uploads. Its object is then begun
 * again, instead of failing at the very end.
 */
final class ResumeCheck {
  private static final Logger log = LoggerFactory.getLogger(ResumeCheck.class);
  private static final int REQUESTS_AT_ONCE = 12;

  private final ObjectStore store;
  private final ObjectLayout layout;
  private final String bucket;
  private final Fence fence;
  private final Map<Integer, String> uploads = new HashMap<>();
  private final Map<Integer, List<UploadedPart>> parts = new HashMap<>();
  private final boolean everythingUploaded;

  ResumeCheck(ObjectStore store, TransferRequest request) {
    this.store = store;
    this.layout = request.layout();
    this.bucket = request.bucket();
    this.fence = request.fence();
    Checkpoint checkpoint = request.checkpoint();
    for (Upload upload : checkpoint.uploads()) {
      uploads.put(upload.object(), upload.uploadId());
    }
    for (UploadedPart part : checkpoint.parts()) {
      parts.computeIfAbsent(part.object(), object -> new ArrayList<>()).add(part);
    }
    this.everythingUploaded =
        layout.objects().stream()
                .filter(object -> !request.kept().contains(object.index()))
                .mapToLong(StoredObject::partCount)
                .sum()
            == checkpoint.parts().size();
  }

  /** Objects (index in the layout) that must be sent again from the start. */
  List<Integer> lost() throws StoreException, InterruptedException {
    List<StoredObject> questions =
        layout.objects().stream()
            .filter(object ->
                uploads.containsKey(object.index())
                    || (parts.containsKey(object.index())
                        && (!object.single() || everythingUploaded)))
            .toList();
    List<Integer> lost = new ArrayList<>();
    if (questions.isEmpty()) {
      return lost;
    }
    Semaphore atOnce = new Semaphore(REQUESTS_AT_ONCE);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Boolean>> answers = new ArrayList<>();
      for (StoredObject object : questions) {
        answers.add(
            threads.submit(() -> {
              atOnce.acquire();
              try {
                return there(object);
              } finally {
                atOnce.release();
              }
            }));
      }
      for (int i = 0; i < questions.size(); i++) {
        if (!answers.get(i).get()) {
          lost.add(questions.get(i).index());
        }
      }
    } catch (ExecutionException e) {
      if (e.getCause() instanceof StoreException failure) {
        throw failure;
      }
      if (e.getCause() instanceof LeaseLostException lease) {
        throw lease;
      }
      throw new IllegalStateException("the check of the store failed", e);
    }
    return lost;
  }

  private boolean there(StoredObject object) throws StoreException {
    List<UploadedPart> known = parts.getOrDefault(object.index(), List.of());
    boolean complete = known.size() == object.partCount();
    String uploadId = uploads.get(object.index());
    if (uploadId == null) {
      return complete
          && ObjectProof.of(object, known).check(store.stat(bucket, object.key())).isEmpty();
    }
    try {
      Map<Integer, ListedPart> listed = new HashMap<>();
      for (ListedPart part : store.listParts(bucket, object.key(), uploadId)) {
        listed.put(part.number(), part);
      }
      for (UploadedPart part : known) {
        ListedPart has = listed.get(part.number());
        if (has == null || has.length() != part.length() || !has.etag().equals(part.etag())) {
          log.warn(
              "the store lacks part {} of {}, which was uploaded; the object is sent again",
              part.number(),
              object.key());
          // It may lack the part because another worker has the job by now and began again.
          fence.check();
          store.abortUpload(bucket, object.key(), uploadId);
          return false;
        }
      }
      return true;
    } catch (StoreException e) {
      if (e.reason() == Reason.NO_SUCH_UPLOAD || e.reason() == Reason.NO_SUCH_KEY) {
        boolean finished =
            complete
                && ObjectProof.of(object, known).check(store.stat(bucket, object.key())).isEmpty();
        if (!finished) {
          log.warn(
              "the store no longer knows the upload of {}; the object is sent again", object.key());
        }
        return finished;
      }
      // Only a cross-check: where a store cannot list, the checkpoint is believed.
      log.warn("parts of {} cannot be compared: {}", object.key(), e.getMessage());
      return true;
    }
  }
}
