package dev.piecework.worker.transfer;

import dev.piecework.layout.Part;
import dev.piecework.layout.StoredObject;
import dev.piecework.worker.scratch.JobScratch;
import dev.piecework.worker.store.Cancellation;
import dev.piecework.worker.store.ObjectBody;
import dev.piecework.worker.store.ObjectStore;
import dev.piecework.worker.store.SentPart;
import dev.piecework.worker.store.StoreException;
import dev.piecework.worker.transfer.Checkpoint.UploadedPart;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntFunction;

/** Sends parts from scratch to the store; called from many threads. */
final class PartUploader {
  private static final String CONTENT_TYPE = "application/octet-stream";

  private final ObjectStore store;
  private final JobScratch scratch;
  private final PartSums sums;
  private final TransferRequest request;
  private final Cancellation cancellation = new Cancellation();

  /** Keeps two parts of one object from beginning two uploads. */
  private final Map<Integer, ReentrantLock> beginning = new ConcurrentHashMap<>();

  PartUploader(ObjectStore store, JobScratch scratch, PartSums sums, TransferRequest request) {
    this.store = store;
    this.scratch = scratch;
    this.sums = sums;
    this.request = request;
  }

  /** Told of an upload that was begun. */
  interface Begun {
    void accept(int object, String uploadId);
  }

  /**
   * The upload id of an object; begins its upload if there is none.
   *
   * @param known finds the id if there is one
   * @param begun told of a new one, before anything is sent under it
   */
  String uploadId(int object, IntFunction<Optional<String>> known, Begun begun)
      throws StoreException {
    Optional<String> id = known.apply(object);
    if (id.isPresent()) {
      return id.get();
    }
    ReentrantLock lock = beginning.computeIfAbsent(object, any -> new ReentrantLock());
    lock.lock();
    try {
      id = known.apply(object);
      if (id.isPresent()) {
        return id.get();
      }
      String key = request.layout().objects().get(object).key();
      String fresh =
          store.createUpload(
              request.bucket(),
              key,
              request.origin(),
              cancellation,
              () -> request.intent().record(object, key));
      begun.accept(object, fresh);
      return fresh;
    } finally {
      lock.unlock();
      beginning.remove(object);
    }
  }

  /**
   * Sends a part.
   *
   * @param uploadId of its object; empty for an object that is one part
   */
  UploadedPart send(Part part, Optional<String> uploadId) throws StoreException {
    StoredObject object = request.layout().objects().get(part.object());
    ObjectBody body = body(part);
    SentPart sent =
        uploadId.isPresent()
            ? store.uploadPart(
                request.bucket(), object.key(), uploadId.get(), part.number(), body, cancellation)
            : store.putObject(
                request.bucket(), object.key(), body, CONTENT_TYPE, request.origin(), cancellation);
    sums.uploaded(part);
    return new UploadedPart(
        part.object(), part.number(), part.length(), sent.etag(), sent.crc32c());
  }

  /** Ends what is being sent and refuses more. */
  void cancel() {
    cancellation.cancel();
  }

  private ObjectBody body(Part part) {
    return new ObjectBody() {
      @Override
      public long length() {
        return part.length();
      }

      @Override
      public InputStream open() {
        return scratch.open(part.offset(), part.length());
      }

      @Override
      public OptionalInt expectedCrc32c() throws IOException {
        return OptionalInt.of(sums.crc32c(part));
      }
    };
  }
}
