package dev.piecework.worker.verify;

import dev.piecework.exit.ProcessEnd;
import dev.piecework.worker.fault.Fault;
import dev.piecework.worker.store.StoreException;
import dev.piecework.worker.transfer.TransferException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;

/** Requests about many objects, a few at once, each on a virtual thread. */
public final class ObjectTasks {
  private static final int OBJECTS_AT_ONCE = 12;

  private ObjectTasks() {}

  /** What is done with one item. */
  public interface Task<T, R> {
    /** Blocks; may be interrupted when another has failed. */
    R apply(T item) throws StoreException, TransferException;
  }

  /**
   * Applies a task to all items, several at once; after a failure no further item is begun.
   *
   * @return the results in the items' order
   * @throws TransferException what the first of the items met
   */
  public static <T, R> List<R> inParallel(List<T> items, Task<T, R> task) throws TransferException {
    // Taken before a thread is started, given back when it ends: a torrent may have 100,000
    // objects.
    Semaphore atOnce = new Semaphore(OBJECTS_AT_ONCE);
    AtomicBoolean failed = new AtomicBoolean();
    List<Future<R>> results = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      try {
        for (T item : items) {
          atOnce.acquire();
          if (failed.get()) {
            break;
          }
          results.add(
              threads.submit(() -> {
                boolean done = false;
                try {
                  R result = task.apply(item);
                  done = true;
                  return result;
                } finally {
                  if (!done) {
                    failed.set(true);
                  }
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

  /**
   * Applies a task to all items, several at once, and goes on where the store refuses one for good.
   *
   * @param key of an item's object, for people
   * @return what was refused and why, in the items' order
   * @throws TransferException what the first item met that may succeed later
   */
  static <T> List<String> refusals(List<T> items, Function<T, String> key, Task<T, ?> task)
      throws TransferException {
    return inParallel(
            items,
            item -> {
              try {
                task.apply(item);
                return Optional.<String>empty();
              } catch (StoreException e) {
                if (e.outage() || e.destinationFault().isTransient()) {
                  throw e;
                }
                return Optional.of(key.apply(item) + " (" + e.getMessage() + ")");
              }
            })
        .stream()
        .flatMap(Optional::stream)
        .toList();
  }

  private static TransferException failure(ExecutionException e) {
    ProcessEnd.ifFatal(e);
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
