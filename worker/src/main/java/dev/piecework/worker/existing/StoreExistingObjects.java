package dev.piecework.worker.existing;

import dev.piecework.layout.StoredObject;
import dev.piecework.message.EventData.FinishedObject;
import dev.piecework.metainfo.Metainfo;
import dev.piecework.worker.store.ObjectStore;
import dev.piecework.worker.store.StoreException;
import dev.piecework.worker.store.StoreException.Reason;
import dev.piecework.worker.store.StoredStat;
import dev.piecework.worker.transfer.Checkpoint;
import dev.piecework.worker.transfer.ObjectProof;
import dev.piecework.worker.transfer.TransferException;
import dev.piecework.worker.verify.KeptProof;
import dev.piecework.worker.verify.Manifest;
import dev.piecework.worker.verify.ObjectTasks;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks the object store: the manifest first, then one HEAD request for each object. */
public final class StoreExistingObjects implements ExistingObjects {
  private static final Logger log = LoggerFactory.getLogger(StoreExistingObjects.class);

  private final ObjectStore store;

  /** In this store. */
  public StoreExistingObjects(ObjectStore store) {
    this.store = store;
  }

  @Override
  public Map<Integer, FinishedObject> identical(Place place) throws TransferException {
    Map<String, FinishedObject> listed = new HashMap<>();
    manifest(place).forEach(object -> listed.put(object.key(), object));
    Set<Integer> begun = begun(place.checkpoint());
    List<StoredObject> candidates =
        place.layout().objects().stream()
            .filter(object -> !begun.contains(object.index()))
            .filter(object -> lists(listed, place.layout().metainfo(), object))
            .toList();
    List<Boolean> same =
        ObjectTasks.inParallel(
            candidates,
            object ->
                KeptProof.check(
                        Objects.requireNonNull(listed.get(object.key())),
                        store.stat(place.bucket(), object.key(), place.cancellation()))
                    .isEmpty());
    Map<Integer, FinishedObject> identical = new HashMap<>();
    for (int i = 0; i < candidates.size(); i++) {
      if (same.get(i)) {
        StoredObject object = candidates.get(i);
        identical.put(object.index(), Objects.requireNonNull(listed.get(object.key())));
      }
    }
    return Map.copyOf(identical);
  }

  @Override
  public Optional<String> foreign(Place place, boolean wasClear) throws TransferException {
    List<Optional<StoredObject>> questions = new ArrayList<>();
    place.layout().objects().forEach(object -> questions.add(Optional.of(object)));
    questions.add(Optional.empty()); // The manifest, which is written last.
    Map<Integer, List<Checkpoint.UploadedPart>> sent = place.checkpoint().partsByObject();
    List<Optional<String>> foreign =
        ObjectTasks.inParallel(
            questions,
            question -> {
              String key = question.map(StoredObject::key).orElse(place.manifestKey());
              Optional<StoredStat> stat = store.stat(place.bucket(), key, place.cancellation());
              boolean free =
                  stat.isEmpty()
                      || own(place, stat.get(), wasClear)
                      || question.filter(object -> sent(object, sent, stat.get())).isPresent();
              return free ? Optional.empty() : Optional.of(key);
            });
    return foreign.stream().flatMap(Optional::stream).findFirst();
  }

  private boolean own(Place place, StoredStat stat, boolean wasClear) {
    return stat.origin()
        .map(place.job()::equals)
        .orElseGet(() -> wasClear && !store.writesOrigin());
  }

  private static boolean sent(
      StoredObject object, Map<Integer, List<Checkpoint.UploadedPart>> sent, StoredStat stat) {
    List<Checkpoint.UploadedPart> parts = sent.getOrDefault(object.index(), List.of());
    return parts.size() == object.partCount()
        && ObjectProof.of(object, parts).check(Optional.of(stat)).isEmpty();
  }

  private List<FinishedObject> manifest(Place place) throws TransferException {
    byte[] json;
    try {
      json = store.read(place.bucket(), place.manifestKey(), Manifest.MAX_BYTES);
    } catch (StoreException e) {
      if (e.reason() == Reason.NO_SUCH_KEY) {
        return List.of();
      }
      if (e.reason() == Reason.TOO_LARGE) {
        log.warn("nothing can be skipped: {}", e.getMessage());
        return List.of();
      }
      throw new TransferException(e.destinationFault(), e);
    }
    return Manifest.objects(json, place.layout().metainfo());
  }

  private static boolean lists(
      Map<String, FinishedObject> listed, Metainfo metainfo, StoredObject object) {
    FinishedObject entry = listed.get(object.key());
    return entry != null
        && entry.size() == object.length()
        && entry.path().equals(metainfo.files().get(object.fileIndex()).path());
  }

  private static Set<Integer> begun(Checkpoint checkpoint) {
    Set<Integer> begun = new HashSet<>(checkpoint.partsByObject().keySet());
    checkpoint.uploads().forEach(upload -> begun.add(upload.object()));
    return begun;
  }
}
