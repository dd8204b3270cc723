package dev.piecework.tracker;

import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/** Real time, by the timers of the event loops. */
final class LoopScheduler implements Scheduler {
  private final EventLoopGroup loops;

  LoopScheduler(EventLoopGroup loops) {
    this.loops = loops;
  }

  @Override
  public long nanoTime() {
    return System.nanoTime();
  }

  @Override
  public Timer schedule(Executor owner, Duration delay, Runnable task) {
    try {
      Future<?> future =
          loops.schedule(() -> owner.execute(task), delay.toNanos(), TimeUnit.NANOSECONDS);
      return () -> future.cancel(false);
    } catch (RejectedExecutionException e) {
      return Timer.none(); // the process is shutting down: nothing will come of it anyway
    }
  }
}
