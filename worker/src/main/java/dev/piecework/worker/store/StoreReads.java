package dev.piecework.worker.store;

import dev.piecework.worker.store.StoreException.Reason;
import io.minio.GetObjectArgs;
import io.minio.GetObjectResponse;
import io.minio.HeadObjectArgs;
import io.minio.MinioAsyncClient;
import io.minio.RemoveObjectArgs;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** The requests about an object that is there: what it is, its bytes, and its end. */
final class StoreReads {
  private static final int STEP_BYTES = 64 << 10;

  private final MinioAsyncClient client;
  private final StoreRequests requests;
  private final StoreChecksums checksums;

  StoreReads(MinioAsyncClient client, StoreRequests requests, StoreChecksums checksums) {
    this.client = client;
    this.requests = requests;
    this.checksums = checksums;
  }

  /**
   * What the store knows of an object.
   *
   * @return empty when there is no such object
   */
  Optional<StoredStat> stat(String bucket, String key, Cancellation cancellation)
      throws StoreException {
    Map<String, String> headers = checksums.ofQuestion();
    okhttp3.Headers answer;
    try {
      answer =
          requests
              .call(
                  "look up",
                  bucket,
                  key,
                  cancellation,
                  () ->
                      client.headObject(
                          HeadObjectArgs.builder()
                              .extraHeaders(headers)
                              .bucket(bucket)
                              .object(key)
                              .build()))
              .headers();
    } catch (StoreException e) {
      if (e.reason() == Reason.NO_SUCH_KEY) {
        return Optional.empty();
      }
      throw e;
    }
    return Optional.of(StoredStat.of(answer));
  }

  /** Deletes an object; one that is gone already is no error. */
  void delete(String bucket, String key, Cancellation cancellation) throws StoreException {
    requests.call(
        "delete",
        bucket,
        key,
        cancellation,
        () -> client.removeObject(RemoveObjectArgs.builder().bucket(bucket).object(key).build()));
  }

  /**
   * Reads a small object whole.
   *
   * @param maxBytes most bytes that are accepted
   * @throws StoreException {@link Reason#TOO_LARGE} beyond that, {@link Reason#NO_SUCH_KEY} when
   *     there is none
   */
  byte[] read(String bucket, String key, int maxBytes, Cancellation cancellation)
      throws StoreException {
    // The body is read inside the call, so that a connection cut half-way is tried again too.
    byte[] bytes =
        requests.call(
            "read",
            bucket,
            key,
            cancellation,
            () ->
                client
                    .getObject(GetObjectArgs.builder().bucket(bucket).object(key).build())
                    .thenApplyAsync(
                        response -> readAtMost(response, maxBytes + 1L),
                        Thread::startVirtualThread));
    if (bytes.length > maxBytes) {
      throw new StoreException(
          Reason.TOO_LARGE,
          "%s/%s is larger than the %d bytes allowed here".formatted(bucket, key, maxBytes));
    }
    return bytes;
  }

  /** Reads some bytes of an object; see {@link ObjectStore#readRange}. */
  void range(String bucket, String key, long offset, ByteBuffer into, Cancellation cancellation)
      throws StoreException {
    GetObjectArgs range =
        GetObjectArgs.builder()
            .bucket(bucket)
            .object(key)
            .offset(offset)
            .length((long) into.remaining())
            .build();
    requests.once(
        "read",
        bucket,
        key,
        cancellation,
        () -> client.getObject(range).thenCompose(response -> fill(response, into, cancellation)));
  }

  private static CompletableFuture<Void> fill(
      GetObjectResponse response, ByteBuffer into, Cancellation cancellation) {
    return CompletableFuture.runAsync(
        () -> {
          try (response) {
            byte[] step = new byte[Math.min(STEP_BYTES, Math.max(1, into.remaining()))];
            while (into.hasRemaining() && !cancellation.cancelled()) {
              int read = response.read(step, 0, Math.min(step.length, into.remaining()));
              if (read < 0) {
                return;
              }
              into.put(step, 0, read);
            }
          } catch (IOException e) {
            throw new CompletionException(e);
          }
        },
        Thread::startVirtualThread);
  }

  private static byte[] readAtMost(GetObjectResponse response, long limit) {
    try (response) {
      return response.readNBytes((int) Math.min(limit, Integer.MAX_VALUE - 8));
    } catch (IOException e) {
      throw new CompletionException(e);
    }
  }
}
