package dev.piecework.worker.store;

import dev.piecework.worker.store.StoreException.Reason;
import dev.piecework.worker.store.StoreProbe.Suspect;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sends requests and repeats those that failed for no lasting reason. */
final class StoreRequests {
  private static final Logger log = LoggerFactory.getLogger(StoreRequests.class);

  private final RetryPolicy retries;
  private final RandomGenerator random;
  private final StoreErrors errors;
  private final StoreMeter meter;
  private final StoreCircuit circuit;
  private final Runnable keysRefused;
  private final Cancellation impatient;

  /**
   * @param keysRefused told that the store refuses the keys
   * @param impatient callers that come with this cancellation do not wait for a store that is away
   */
  StoreRequests(
      RetryPolicy retries,
      RandomGenerator random,
      StoreErrors errors,
      StoreMeter meter,
      StoreCircuit circuit,
      Runnable keysRefused,
      Cancellation impatient) {
    this.retries = retries;
    this.random = random;
    this.errors = errors;
    this.meter = meter;
    this.circuit = circuit;
    this.keysRefused = keysRefused;
    this.impatient = impatient;
  }

  /**
   * Sends a request until it is answered, refused, given up or tried often enough. Ends: each round
   * takes one of the repetitions; these begin anew only after a wait for the store, and the waits
   * of a call are bounded together.
   *
   * @param action what is being done, as {@code "write"}; for messages
   * @param request sends it once
   */
  <T> T call(
      String action,
      String bucket,
      String key,
      Cancellation cancellation,
      Supplier<CompletableFuture<T>> request)
      throws StoreException {
    return call(action, bucket, key, cancellation, request, Optional::empty);
  }

  /** The same for a request that sends bytes of an object, or begins to. */
  <T> T write(
      String action,
      String bucket,
      String key,
      Cancellation cancellation,
      Supplier<CompletableFuture<T>> request)
      throws StoreException {
    return call(action, new Suspect(bucket, key), key, cancellation, request, Optional::empty);
  }

  /** Finds out whether a request whose answer is lost has done its work. */
  interface Look<T> {
    /** The answer that was lost; empty if the request is to be made again. */
    Optional<T> look() throws StoreException;
  }

  /**
   * The same for a request that must not simply be repeated.
   *
   * @param look asked after each failure, before anything else is done about it
   */
  <T> T call(
      String action,
      String bucket,
      String key,
      Cancellation cancellation,
      Supplier<CompletableFuture<T>> request,
      Look<T> look)
      throws StoreException {
    return call(action, new Suspect(bucket, ""), key, cancellation, request, look);
  }

  private <T> T call(
      String action,
      Suspect suspect,
      String key,
      Cancellation cancellation,
      Supplier<CompletableFuture<T>> request,
      Look<T> look)
      throws StoreException {
    String bucket = suspect.bucket();
    Duration patience = cancellation == impatient ? Duration.ZERO : circuit.patience();
    int tried = 0;
    try {
      while (true) {
        patience = patience.minus(circuit.pass(cancellation, patience));
        if (cancellation.cancelled()) {
          throw cancelled(action, bucket, key);
        }
        tried++;
        StoreException failure;
        try {
          CompletableFuture<T> answer = request.get();
          cancellation.either(answer).get();
          if (!answer.isDone()) {
            throw cancelled(action, bucket, key);
          }
          T result = answer.get();
          circuit.worked(bucket);
          return result;
        } catch (ExecutionException | IllegalArgumentException e) {
          failure = errors.translate(e, action, bucket, key);
        }
        if (cancellation.cancelled()) {
          throw cancelled(action, bucket, key);
        }
        if (!StoreCircuit.suspicious(failure.reason())) {
          throw failure;
        }
        Optional<T> done = look.look();
        if (done.isPresent()) {
          return done.get();
        }
        boolean last = failure.reason() == Reason.DENIED || tried > retries.retries();
        if (failure.reason() == Reason.WORKER_REFUSED) {
          keysRefused.run();
        }
        if ((last || failure.reason() == Reason.WORKER_REFUSED)
            && !circuit.judge(suspect(suspect, failure), System.nanoTime())) {
          tried = 0;
          continue;
        }
        if (last) {
          throw failure.ofRequest();
        }
        repeat(failure, tried, cancellation);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw cancelled(action, bucket, key);
    }
  }

  /**
   * Sends a request once, for what can be done without: nothing waits for a store that is away, and
   * a failure is not looked into.
   */
  <T> T once(
      String action,
      String bucket,
      String key,
      Cancellation cancellation,
      Supplier<CompletableFuture<T>> request)
      throws StoreException {
    Optional<StoreOutage> outage = circuit.outage();
    if (outage.isPresent()) {
      throw StoreException.outage(outage.get());
    }
    try {
      CompletableFuture<T> answer = request.get();
      cancellation.either(answer).get();
      if (!answer.isDone()) {
        throw cancelled(action, bucket, key);
      }
      return answer.get();
    } catch (ExecutionException | IllegalArgumentException e) {
      throw errors.translate(e, action, bucket, key).ofRequest();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw cancelled(action, bucket, key);
    }
  }

  /** A write that was refused says nothing of the store's room. */
  private static Suspect suspect(Suspect request, StoreException failure) {
    return failure.reason() == Reason.UNAVAILABLE ? request : new Suspect(request.bucket(), "");
  }

  private void repeat(StoreException failure, int tried, Cancellation cancellation)
      throws InterruptedException {
    meter.repeated();
    Duration delay = retries.delayBefore(tried, random);
    log.warn(
        "{}; trying again in {} ms ({} of {})",
        failure.getMessage(),
        delay.toMillis(),
        tried,
        retries.retries());
    cancellation.sleep(delay);
  }

  private static StoreException cancelled(String action, String bucket, String key) {
    return new StoreException(
        Reason.CANCELLED, "gave up to %s %s/%s: stopping".formatted(action, bucket, key));
  }
}
