package dev.piecework.worker.job;

/** The job was ordered to stop before it could be completed: nothing was written. */
public final class OrderPendingException extends RuntimeException {
  OrderPendingException(String jobId, Order order) {
    super("job %s has an order that is to be obeyed first: %s".formatted(jobId, order));
  }
}
