package dev.piecework.worker.store;

import dev.piecework.worker.store.StoreException.Reason;
import io.minio.GetObjectArgs;
import io.minio.GetObjectResponse;
import io.minio.HeadObjectArgs;
import io.minio.MinioAsyncClient;
import io.minio.RemoveObjectArgs;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionException;

/** The requests about an object that is there: what it is, its bytes, and its end. */
final class StoreReads {
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

  private static byte[] readAtMost(GetObjectResponse response, long limit) {
    try (response) {
      return response.readNBytes((int) Math.min(limit, Integer.MAX_VALUE - 8));
    } catch (IOException e) {
      throw new CompletionException(e);
    }
  }
}
