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
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finishes objects in the store, several at once. */
public final class StoreObjectFinisher implements ObjectFinisher {
  private static final Logger log = LoggerFactory.getLogger(StoreObjectFinisher.class);
  private static final int OBJECTS_AT_ONCE = 12;

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
    Map<Integer, List<UploadedPart>> parts = partsByObject(checkpoint);
    Map<Integer, String> uploads = new HashMap<>();
    for (Upload upload : checkpoint.uploads()) {
      uploads.put(upload.object(), upload.uploadId());
    }
    for (StoredObject object : layout.objects()) {
      requireAllParts(object, parts.getOrDefault(object.index(), List.of()));
    }
    ReentrantLock telling = new ReentrantLock();
    return inParallel(
        layout.objects(),
        object -> {
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
  public void abort(ObjectLayout layout, String bucket, Checkpoint checkpoint)
      throws TransferException {
    inParallel(
        checkpoint.uploads(),
        upload -> {
          String key = layout.objects().get(upload.object()).key();
          store.abortUpload(bucket, key, upload.uploadId());
          return upload;
        });
  }

  @Override
  public void delete(ObjectLayout layout, String bucket, Checkpoint checkpoint, Fence fence)
      throws TransferException {
    Map<Integer, List<UploadedPart>> parts = partsByObject(checkpoint);
    List<StoredObject> whole =
        layout.objects().stream()
            .filter(object ->
                missingPart(object, parts.getOrDefault(object.index(), List.of())).isEmpty())
            .toList();
    inParallel(
        whole,
        object -> {
          fence.check();
          ObjectProof proof = ObjectProof.of(object, parts.getOrDefault(object.index(), List.of()));
          boolean ours = proof.check(store.stat(bucket, object.key())).isEmpty();
          if (ours) {
            store.delete(bucket, object.key());
          }
          return ours;
        });
  }

  @Override
  public void deleteManifest(String bucket, String key, String jobId) throws TransferException {
    try {
      if (Manifest.isOf(store.read(bucket, key, Manifest.MAX_BYTES), jobId)) {
        store.delete(bucket, key);
      }
    } catch (StoreException e) {
      // One that is not there, or too large to be looked at, is nothing to be deleted.
      if (e.reason() != Reason.NO_SUCH_KEY && e.reason() != Reason.TOO_LARGE) {
        throw new TransferException(e.destinationFault(), e);
      }
    }
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
      throw verifyFailed(wrong.get() + "; the next attempt sends it again");
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
      store.completeUpload(work.bucket(), object.key(), uploadId, sent, work.cancellation());
    } catch (StoreException e) {
      if (e.reason() != Reason.NO_SUCH_UPLOAD && e.reason() != Reason.NO_SUCH_KEY) {
        throw e;
      }
      // Completed before, and the answer or our note of it got lost: the object itself decides.
      log.info("the upload of {} is gone already; looking at the object", object.key());
    }
  }

  private static Map<Integer, List<UploadedPart>> partsByObject(Checkpoint checkpoint) {
    Map<Integer, List<UploadedPart>> parts = new HashMap<>();
    for (UploadedPart part : checkpoint.parts()) {
      parts.computeIfAbsent(part.object(), object -> new ArrayList<>()).add(part);
    }
    return parts;
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

  private interface Task<T, R> {
    R apply(T item) throws StoreException, TransferException;
  }

  /** Applies a task to all items, several at once; after a failure no further item is begun. */
  private static <T, R> List<R> inParallel(List<T> items, Task<T, R> task)
      throws TransferException {
    Semaphore atOnce = new Semaphore(OBJECTS_AT_ONCE);
    List<Future<R>> results = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      try {
        for (T item : items) {
          results.add(
              threads.submit(() -> {
                atOnce.acquire();
                try {
                  return task.apply(item);
                } finally {
                  atOnce.release();
                }
              }));
        }
        List<R> done = new ArrayList<>();
        for (Future<R> result : results) {
          done.add(result.get());
        }
        return done;
      } catch (ExecutionException e) {
        threads.shutdownNow();
        throw failure(e);
      } catch (InterruptedException e) {
        threads.shutdownNow();
        Thread.currentThread().interrupt();
        throw new TransferException(
            new Fault(Fault.Kind.STORE_UNAVAILABLE, "interrupted while objects were finished"), e);
      }
    }
  }

  private static TransferException failure(ExecutionException e) {
    Throwable cause = e.getCause();
    if (cause instanceof TransferException failure) {
      return failure;
    }
    if (cause instanceof StoreException failure) {
      return new TransferException(failure.destinationFault(), failure);
    }
    return new TransferException(
        new Fault(Fault.Kind.INTERNAL, "finishing objects failed, a defect: " + cause), e);
  }
}
