package dev.piecework.worker.store;

import dev.piecework.worker.store.StoreException.Reason;
import dev.piecework.worker.store.StoreProbe.Finding;
import io.minio.AbortMultipartUploadArgs;
import io.minio.CreateMultipartUploadArgs;
import io.minio.CreateMultipartUploadResponse;
import io.minio.ListMultipartUploadsArgs;
import io.minio.MinioAsyncClient;
import io.minio.UploadPartArgs;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;

/**
 * Finds out whether a store that answers questions takes bytes: begins a multipart upload, sends a
 * part of one byte, and aborts it, so that no object comes to be.
 *
 * <p>The key is the bucket's {@value #NAME}, which no job has chosen: a store that fails at the
 * name of one job's object takes the others. Where the worker's key has no rights there, the
 * folders of the key that failed are tried, the outermost first.
 */
final class WriteProbe {
  static final String NAME = ".piecework-probe";

  private static final int FOLDERS = 3;
  private static final int MOST_LEFT = 100;

  private final MinioAsyncClient client;
  private final StoreErrors errors;

  WriteProbe(MinioAsyncClient client, StoreErrors errors) {
    this.client = client;
    this.errors = errors;
  }

  /** Why a bucket takes nothing, if that has nothing to do with one request; empty if it does. */
  Optional<Finding> refused(String bucket, String key) throws InterruptedException {
    for (String candidate : candidates(key)) {
      Optional<StoreException> failure = failure(bucket, candidate);
      boolean says = failure.isEmpty() || !withoutRights(failure.get());
      if (says) {
        return failure.flatMap(StoreProbe::general);
      }
    }
    return Optional.empty();
  }

  /** Whether a bucket takes bytes. */
  boolean taken(String bucket) throws InterruptedException {
    return failure(bucket, NAME).isEmpty();
  }

  private static boolean withoutRights(StoreException failure) {
    return switch (failure.reason()) {
      case DENIED, REFUSED, NO_SUCH_BUCKET -> true;
      default -> false;
    };
  }

  private static Set<String> candidates(String key) {
    Set<String> candidates = new LinkedHashSet<>();
    candidates.add(NAME);
    int slash = key.indexOf('/');
    while (slash >= 0 && candidates.size() <= FOLDERS) {
      candidates.add(key.substring(0, slash + 1) + NAME);
      slash = key.indexOf('/', slash + 1);
    }
    return candidates;
  }

  private Optional<StoreException> failure(String bucket, String key) throws InterruptedException {
    String uploadId;
    try {
      CreateMultipartUploadResponse begun =
          client
              .createMultipartUpload(
                  CreateMultipartUploadArgs.builder().bucket(bucket).object(key).build())
              .get();
      uploadId = begun.result().uploadId();
    } catch (ExecutionException | IllegalArgumentException e) {
      return Optional.of(errors.translate(e, "write", bucket, key));
    }
    Optional<StoreException> failure =
        failure(
            bucket,
            key,
            () ->
                client.uploadPart(
                    UploadPartArgs.builder()
                        .bucket(bucket)
                        .object(key)
                        .uploadId(uploadId)
                        .partNumber(1)
                        .data(new byte[1], 1)
                        .build()));
    Optional<StoreException> open = abort(bucket, key, uploadId);
    Optional<StoreException> left = open.isPresent() ? open : tidy(bucket, key);
    // Another worker that tidies may abort it in between: it was taken.
    return failure.filter(e -> e.reason() != Reason.NO_SUCH_UPLOAD).or(() -> passing(left));
  }

  /** Aborts what earlier probes left, whose answers were lost: it has the same key. */
  private Optional<StoreException> tidy(String bucket, String key) throws InterruptedException {
    List<String> open = new ArrayList<>();
    // A store that cannot list them is no store that takes no bytes.
    var _ =
        failure(
            bucket,
            key,
            () ->
                client
                    .listMultipartUploads(
                        ListMultipartUploadsArgs.builder().bucket(bucket).prefix(key).build())
                    .thenAccept(listed ->
                        listed.result().uploads().stream()
                            .filter(upload -> key.equals(upload.objectName()))
                            .limit(MOST_LEFT)
                            .forEach(upload -> open.add(upload.uploadId()))));
    for (String uploadId : open) {
      Optional<StoreException> kept = abort(bucket, key, uploadId);
      if (kept.isPresent()) {
        return kept;
      }
    }
    return Optional.empty();
  }

  private Optional<StoreException> abort(String bucket, String key, String uploadId)
      throws InterruptedException {
    return failure(
        bucket,
        key,
        () ->
            client.abortMultipartUpload(
                AbortMultipartUploadArgs.builder()
                    .bucket(bucket)
                    .object(key)
                    .uploadId(uploadId)
                    .build()));
  }

  /** What may be otherwise the next time: it is probed again then, so that nothing stays. */
  private static Optional<StoreException> passing(Optional<StoreException> kept) {
    return kept.filter(e -> e.reason() == Reason.UNAVAILABLE);
  }

  private Optional<StoreException> failure(
      String bucket, String key, Supplier<CompletableFuture<?>> request)
      throws InterruptedException {
    try {
      request.get().get();
      return Optional.empty();
    } catch (ExecutionException | IllegalArgumentException e) {
      return Optional.of(errors.translate(e, "write", bucket, key));
    }
  }
}
