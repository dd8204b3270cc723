package dev.piecework.worker.store;

import dev.piecework.worker.dialect.StoreDialect;
import dev.piecework.worker.s3.S3Answer;
import dev.piecework.worker.s3.S3Client;
import dev.piecework.worker.s3.S3Refusal;
import dev.piecework.worker.s3.S3Request;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Function;

/**
 * What all requests to a store share.
 *
 * @param s3 sends them
 * @param requests repeats them
 * @param dialects how each bucket is spoken to
 * @param signsBodies whether signatures cover bodies too, as they must without TLS
 */
record StoreLink(
    S3Client s3,
    StoreRequests requests,
    Function<String, StoreDialect> dialects,
    boolean signsBodies) {

  /** Makes something of an answer. */
  interface Reading<T> {
    T read(S3Answer answer) throws S3Refusal, IOException;
  }

  StoreDialect dialect(String bucket) {
    return dialects.apply(bucket);
  }

  StoreChecksums checksums(String bucket) {
    return new StoreChecksums(dialect(bucket), signsBodies);
  }

  /** The same store, spoken to otherwise. */
  StoreLink speaking(StoreDialect dialect) {
    return new StoreLink(s3, requests, any -> dialect, signsBodies);
  }

  /** Sends a request and reads its answer. */
  <T> CompletableFuture<T> send(S3Request request, Reading<T> reading) {
    return read(s3.send(request), reading);
  }

  /** The same for one that is answered late. */
  <T> CompletableFuture<T> sendPatiently(S3Request request, Reading<T> reading) {
    return read(s3.sendPatiently(request), reading);
  }

  private static <T> CompletableFuture<T> read(
      CompletableFuture<S3Answer> answer, Reading<T> reading) {
    return answer.thenApply(read -> {
      try {
        return reading.read(read);
      } catch (S3Refusal | IOException e) {
        throw new CompletionException(e);
      }
    });
  }
}
