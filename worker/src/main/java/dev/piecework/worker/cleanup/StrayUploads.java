package dev.piecework.worker.cleanup;

import dev.piecework.worker.checkpoint.UploadIntents;
import dev.piecework.worker.checkpoint.UploadIntents.Stray;
import dev.piecework.worker.store.ObjectStore;
import dev.piecework.worker.store.OpenUpload;
import dev.piecework.worker.store.StoreException;
import dev.piecework.worker.store.StoreException.Reason;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
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
        OptionalInt done = abort(stray);
        if (done.isPresent()) {
          aborted += done.getAsInt();
          intents.settled(stray);
        }
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

  /**
   * Aborts those of one job that are there now, whatever their age: nobody works on it. A request
   * that is still on its way may begin another, so that they stay on the list.
   *
   * @throws StoreException at the first that cannot be found or aborted
   */
  public void abortOf(String jobId) throws StoreException {
    for (Stray stray : intents.straysOf(jobId, AT_ONCE)) {
      abort(stray);
    }
  }

  /** Returns how many; empty if that cannot be said yet, because another is just being begun. */
  private OptionalInt abort(Stray stray) throws StoreException {
    Optional<Set<String>> ids =
        stray.uploadId().isEmpty() ? find(stray) : Optional.of(Set.of(stray.uploadId()));
    if (ids.isEmpty()) {
      return OptionalInt.empty();
    }
    for (String id : ids.get()) {
      LOG.debug("aborting upload {} of {}/{}", id, stray.bucket(), stray.key());
      store.abortUpload(stray.bucket(), stray.key(), id);
    }
    return OptionalInt.of(ids.get().size());
  }

  private Optional<Set<String>> find(Stray stray) throws StoreException {
    List<OpenUpload> open = store.openUploads(stray.bucket(), stray.key());
    Set<String> found =
        open.stream()
            .filter(upload -> !upload.initiated().isBefore(stray.since().minus(SKEW)))
            .map(OpenUpload::id)
            .collect(Collectors.toSet());
    return intents
        .wanted(stray.bucket(), stray.key(), found)
        .map(wanted ->
            found.stream().filter(id -> !wanted.contains(id)).collect(Collectors.toSet()));
  }
}
