package dev.piecework.worker.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.piecework.worker.fault.Fault;
import dev.piecework.worker.transfer.TransferException;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ObjectTasksTest {
  private static final List<Integer> ITEMS = IntStream.range(0, 5_000).boxed().toList();

  @Test
  void startsNoMoreThreadsThanWorkAtOnceAndKeepsTheOrder() throws TransferException {
    AtomicInteger running = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();

    List<Integer> results =
        ObjectTasks.inParallel(
            ITEMS,
            item -> {
              most.accumulateAndGet(running.incrementAndGet(), Math::max);
              LockSupport.parkNanos(1);
              running.decrementAndGet();
              return item;
            });

    assertThat(results).isEqualTo(ITEMS);
    assertThat(most.get()).isBetween(1, 12);
  }

  @Test
  void afterAFailureNoFurtherItemIsBegun() {
    AtomicInteger begun = new AtomicInteger();

    assertThatThrownBy(() ->
            ObjectTasks.inParallel(
                ITEMS,
                item -> {
                  begun.incrementAndGet();
                  throw new TransferException(new Fault(Fault.Kind.VERIFY_FAILED, "item " + item));
                }))
        .isInstanceOf(TransferException.class)
        .hasMessageContaining("item");
    assertThat(begun.get()).isLessThan(ITEMS.size() / 10);
  }
}
