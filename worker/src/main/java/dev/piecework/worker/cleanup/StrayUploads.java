package dev.piecework.worker.cleanup;

import dev.piecework.worker.checkpoint.UploadIntents;
import dev.piecework.worker.checkpoint.UploadIntents.Stray;
import dev.piecework.worker.store.ObjectStore;
import dev.piecework.worker.store.OpenUpload;
import dev.piecework.worker.store.StoreException;
import dev.piecework.worker.store.StoreException.Reason;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Aborts multipart uploads that no job goes on with. An upload whose id is not known is looked for
 * under its very key, and only what was begun since its job was about to begin one is taken for it:
 * anything older is a stranger's. Any number of workers may do this at once: what one has aborted
 * is gone for the others.
 */
public final class StrayUploads {
  private static final Logger LOG = LoggerFactory.getLogger(StrayUploads.class);
  private static final int AT_ONCE = 500;

  /** How far the clocks of store and database may be apart. */
  private static final Duration SKEW = Duration.ofMinutes(5);

  private final UploadIntents intents;
  private final ObjectStore store;
  private final Duration age;

  /**
   * @param age an upload that is not in any checkpoint is taken for lost after this long
   */
  public StrayUploads(UploadIntents intents, ObjectStore store, Duration age) {
    this.intents = intents;
    this.store = store;
    this.age = age;
  }

  /**
   * Goes through what there is, once.
   *
   * @return uploads aborted
   */
  public int abort() {
    int aborted = 0;
    for (Stray stray : intents.strays(age, AT_ONCE)) {
      try {
        aborted += abort(stray);
        intents.settled(stray);
      } catch (StoreException e) {
        if (e.reason() == Reason.UNAVAILABLE || e.reason() == Reason.CANCELLED) {
          LOG.warn("uploads that nobody goes on with stay for now: {}", e.getMessage());
          return aborted;
        }
        LOG.warn(
            "an upload of {}/{} that nobody goes on with cannot be found or aborted, and stays: {}; have the bucket abort incomplete uploads by a rule",
            stray.bucket(),
            stray.key(),
            e.getMessage());
        intents.settled(stray);
      }
    }
    if (aborted > 0) {
      LOG.info("aborted {} uploads that nobody goes on with", aborted);
    }
    return aborted;
  }

  private int abort(Stray stray) throws StoreException {
    Set<String> ids = stray.uploadId().isEmpty() ? find(stray) : Set.of(stray.uploadId());
    for (String id : ids) {
      LOG.debug("aborting upload {} of {}/{}", id, stray.bucket(), stray.key());
      store.abortUpload(stray.bucket(), stray.key(), id);
    }
    return ids.size();
  }

  private Set<String> find(Stray stray) throws StoreException {
    List<OpenUpload> open = store.openUploads(stray.bucket(), stray.key());
    Set<String> found =
        open.stream()
            .filter(upload -> !upload.initiated().isBefore(stray.since().minus(SKEW)))
            .map(OpenUpload::id)
            .collect(Collectors.toSet());
    Set<String> wanted = intents.wanted(stray.bucket(), stray.key(), found);
    return found.stream().filter(id -> !wanted.contains(id)).collect(Collectors.toSet());
  }
}
