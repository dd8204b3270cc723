package dev.piecework.worker.verify;

import dev.piecework.layout.ObjectLayout;
import dev.piecework.layout.StoredObject;
import dev.piecework.message.EventData.FinishedObject;
import dev.piecework.metainfo.TorrentFile;
import dev.piecework.worker.fault.Fault;
import dev.piecework.worker.lease.Fence;
import dev.piecework.worker.store.Cancellation;
import dev.piecework.worker.store.ObjectBody;
import dev.piecework.worker.store.ObjectOrigin;
import dev.piecework.worker.store.ObjectStore;
import dev.piecework.worker.store.SentPart;
import dev.piecework.worker.store.StoreException;
import dev.piecework.worker.store.StoreException.Reason;
import dev.piecework.worker.store.StoredStat;
import dev.piecework.worker.transfer.Checkpoint;
import dev.piecework.worker.transfer.Checkpoint.Upload;
import dev.piecework.worker.transfer.Checkpoint.UploadedPart;
import dev.piecework.worker.transfer.ObjectProof;
import dev.piecework.worker.transfer.TransferException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finishes objects in the store, several at once. */
public final class StoreObjectFinisher implements ObjectFinisher {
  private static final Logger log = LoggerFactory.getLogger(StoreObjectFinisher.class);

  private final ObjectStore store;

  /** On this store. */
  public StoreObjectFinisher(ObjectStore store) {
    this.store = store;
  }

  @Override
  public List<FinishedObject> finish(Work work, Consumer<FinishedObject> finished)
      throws TransferException {
    Checkpoint checkpoint = work.checkpoint();
    ObjectLayout layout = work.layout();
    Map<Integer, List<UploadedPart>> parts = checkpoint.partsByObject();
    Map<Integer, String> uploads = new HashMap<>();
    for (Upload upload : checkpoint.uploads()) {
      uploads.put(upload.object(), upload.uploadId());
    }
    for (StoredObject object : sent(work)) {
      requireAllParts(object, parts.getOrDefault(object.index(), List.of()));
    }
    ReentrantLock telling = new ReentrantLock();
    return ObjectTasks.inParallel(
        layout.objects(),
        object -> {
          Optional<FinishedObject> kept = Optional.ofNullable(work.kept().get(object.index()));
          if (kept.isPresent()) {
            return keep(work, kept.get());
          }
          FinishedObject done =
              finish(
                  work,
                  object,
                  Optional.ofNullable(uploads.get(object.index())),
                  parts.getOrDefault(object.index(), List.of()));
          telling.lock();
          try {
            finished.accept(done);
          } finally {
            telling.unlock();
          }
          return done;
        });
  }

  @Override
  public void putManifest(
      String bucket, String key, ObjectOrigin origin, byte[] json, Cancellation cancellation)
      throws TransferException {
    try {
      store.putObject(bucket, key, ObjectBody.of(json), "application/json", origin, cancellation);
    } catch (StoreException e) {
      throw new TransferException(e.destinationFault(), e);
    }
  }

  @Override
  public List<String> abort(ObjectLayout layout, String bucket, Checkpoint checkpoint)
      throws TransferException {
    return ObjectTasks.refusals(
        checkpoint.uploads(),
        upload -> "the upload of " + layout.objects().get(upload.object()).key(),
        upload -> {
          String key = layout.objects().get(upload.object()).key();
          store.abortUpload(bucket, key, upload.uploadId());
          return upload;
        });
  }

  @Override
  public List<String> delete(
      ObjectLayout layout, String bucket, String jobId, Checkpoint checkpoint, Fence fence)
      throws TransferException {
    Map<Integer, List<UploadedPart>> parts = checkpoint.partsByObject();
    Map<Boolean, List<StoredObject>> whole =
        layout.objects().stream()
            .collect(
                Collectors.partitioningBy(object ->
                    missingPart(object, parts.getOrDefault(object.index(), List.of())).isEmpty()));
    List<String> left =
        new ArrayList<>(
            ObjectTasks.refusals(
                whole.getOrDefault(true, List.of()),
                StoredObject::key,
                object -> {
                  fence.check();
                  ObjectProof proof =
                      ObjectProof.of(object, parts.getOrDefault(object.index(), List.of()));
                  boolean ours = proof.check(store.stat(bucket, object.key())).isEmpty();
                  if (ours) {
                    store.delete(bucket, object.key());
                  }
                  return ours;
                }));
    left.addAll(deleteUnrecorded(whole.getOrDefault(false, List.of()), bucket, jobId, fence));
    return left;
  }

  /** An object of one part may be in the store before that is written down. */
  private List<String> deleteUnrecorded(
      List<StoredObject> objects, String bucket, String jobId, Fence fence)
      throws TransferException {
    List<StoredObject> single = objects.stream().filter(StoredObject::single).toList();
    if (single.isEmpty()) {
      return List.of();
    }
    String prefix = single.getFirst().key();
    for (StoredObject object : single) {
      prefix = commonPrefix(prefix, object.key());
    }
    Set<String> there;
    try {
      there = store.keys(bucket, prefix);
    } catch (StoreException e) {
      if (e.destinationFault().isTransient()) {
        throw new TransferException(e.destinationFault(), e);
      }
      return List.of("what was sent last and not written down (" + e.getMessage() + ")");
    }
    return ObjectTasks.refusals(
        single.stream().filter(object -> there.contains(object.key())).toList(),
        StoredObject::key,
        object -> {
          fence.check();
          boolean ours =
              store
                  .stat(bucket, object.key())
                  .filter(stat -> stat.size() == object.length())
                  .flatMap(StoredStat::origin)
                  .filter(origin -> origin.jobId().equals(jobId))
                  .isPresent();
          if (ours) {
            store.delete(bucket, object.key());
          }
          return ours;
        });
  }

  /** Does not end between the halves of a character. */
  private static String commonPrefix(String one, String other) {
    int most = Math.min(one.length(), other.length());
    int length = 0;
    while (length < most && one.charAt(length) == other.charAt(length)) {
      length++;
    }
    boolean half = length > 0 && Character.isHighSurrogate(one.charAt(length - 1));
    return one.substring(0, half ? length - 1 : length);
  }

  @Override
  public List<String> deleteManifest(String bucket, String key, String jobId)
      throws TransferException {
    return ObjectTasks.refusals(
        List.of(key),
        manifest -> manifest,
        manifest -> {
          try {
            if (Manifest.isOf(store.read(bucket, manifest, Manifest.MAX_BYTES), jobId)) {
              store.delete(bucket, manifest);
            }
          } catch (StoreException e) {
            // One that is not there, or too large to be looked at, is nothing to be deleted.
            if (e.reason() != Reason.NO_SUCH_KEY && e.reason() != Reason.TOO_LARGE) {
              throw e;
            }
          }
          return manifest;
        });
  }

  private static List<StoredObject> sent(Work work) {
    return work.layout().objects().stream()
        .filter(object -> !work.kept().containsKey(object.index()))
        .toList();
  }

  private FinishedObject keep(Work work, FinishedObject kept)
      throws StoreException, TransferException {
    Optional<String> wrong =
        KeptProof.check(kept, store.stat(work.bucket(), kept.key(), work.cancellation()));
    if (wrong.isPresent()) {
      throw verifyFailed(
          wrong.get() + ": it was changed after it was kept; the next attempt sends it");
    }
    return kept;
  }

  private FinishedObject finish(
      Work work, StoredObject object, Optional<String> uploadId, List<UploadedPart> parts)
      throws StoreException, TransferException {
    if (uploadId.isPresent()) {
      complete(work, object, uploadId.get(), parts);
    }
    ObjectProof proof = ObjectProof.of(object, parts);
    Optional<StoredStat> stat = store.stat(work.bucket(), object.key(), work.cancellation());
    Optional<String> wrong = proof.check(stat);
    if (wrong.isPresent()) {
      throw new ProofFailedException(object.index(), wrong.get());
    }
    TorrentFile file = work.layout().metainfo().files().get(object.fileIndex());
    return new FinishedObject(
        object.key(),
        file.path(),
        object.length(),
        stat.map(StoredStat::etag).orElse(""),
        proof.crc32c());
  }

  private void complete(Work work, StoredObject object, String uploadId, List<UploadedPart> parts)
      throws StoreException {
    List<SentPart> sent =
        parts.stream()
            .sorted(Comparator.comparingInt(UploadedPart::number))
            .map(part -> new SentPart(part.number(), part.length(), part.etag(), part.crc32c()))
            .toList();
    try {
      work.fence().check();
      store.completeUpload(
          work.bucket(),
          object.key(),
          uploadId,
          sent,
          ObjectProof.of(object, parts)::proves,
          work.cancellation());
    } catch (StoreException e) {
      if (e.reason() != Reason.NO_SUCH_UPLOAD && e.reason() != Reason.NO_SUCH_KEY) {
        throw e;
      }
      // Completed before, and the answer or our note of it got lost: the object itself decides.
      log.info("the upload of {} is gone already; looking at the object", object.key());
    }
  }

  private static void requireAllParts(StoredObject object, List<UploadedPart> parts)
      throws TransferException {
    OptionalInt missing = missingPart(object, parts);
    if (missing.isPresent()) {
      throw verifyFailed(
          "part %d of %d of object %s is not uploaded: the transfer must run again"
              .formatted(missing.getAsInt(), object.partCount(), object.key()));
    }
  }

  /** Number of the first part that is not there in its full length. */
  private static OptionalInt missingPart(StoredObject object, List<UploadedPart> parts) {
    boolean[] there = new boolean[object.partCount()];
    for (UploadedPart part : parts) {
      there[part.number() - 1] = part.length() == object.part(part.number()).length();
    }
    return IntStream.rangeClosed(1, there.length).filter(number -> !there[number - 1]).findFirst();
  }

  private static TransferException verifyFailed(String message) {
    return new TransferException(new Fault(Fault.Kind.VERIFY_FAILED, message));
  }
}
