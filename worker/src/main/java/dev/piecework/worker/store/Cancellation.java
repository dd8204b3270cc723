package dev.piecework.worker.store;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Tells requests in flight that nobody wants them any more. A signal of our own rather than thread
 * interrupts, because an interrupt in the middle of a file read closes the file for every other
 * reader too ({@link java.nio.channels.InterruptibleChannel}).
 */
public final class Cancellation {
  private final CompletableFuture<Void> signal = new CompletableFuture<>();

  /** Not cancelled yet. */
  public Cancellation() {}

  /** Cancels; idempotent. */
  public void cancel() {
    signal.complete(null);
  }

  /**
   * Has something done on cancellation; at once if that was before.
   *
   * @param action run once, by whoever cancels; must return at once
   */
  public void onCancel(Runnable action) {
    var _ = signal.thenRun(action);
  }

  /** Whether it has been cancelled. */
  public boolean cancelled() {
    return signal.isDone();
  }

  /**
   * Waits.
   *
   * @return whether it was cancelled meanwhile
   */
  public boolean sleep(Duration time) throws InterruptedException {
    try {
      signal.get(time.toNanos(), TimeUnit.NANOSECONDS);
      return true;
    } catch (TimeoutException e) {
      return false;
    } catch (ExecutionException e) {
      throw new IllegalStateException("a signal never fails", e);
    }
  }

  /** Waits until this or another is cancelled, but no longer than a time. */
  void awaitEither(Cancellation other, Duration time) throws InterruptedException {
    try {
      CompletableFuture.anyOf(signal, other.signal).get(time.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      return;
    } catch (ExecutionException e) {
      throw new IllegalStateException("a signal never fails", e);
    }
  }

  /** Completes with the call, or on cancellation, whichever is first. */
  CompletableFuture<Object> either(CompletableFuture<?> call) {
    return CompletableFuture.anyOf(call, signal);
  }
}
