package dev.piecework.net;

import io.netty.channel.IoEventLoop;
import io.netty.channel.IoEventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SingleThreadIoEventLoop;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/**
 * Event loops that report Errors of their tasks and timers, and of their own, to an {@link
 * ErrorHook}. Netty logs what a task throws; what a timer throws it only keeps in the timer's
 * future.
 */
final class GuardedLoops extends MultiThreadIoEventLoopGroup {
  /**
   * @param errors an argument for {@link #newChild}, which is called before fields are set
   */
  GuardedLoops(int threads, String name, IoHandlerFactory handlers, ErrorHook errors) {
    super(threads, new DefaultThreadFactory(name, true), handlers, errors);
  }

  @Override
  protected IoEventLoop newChild(Executor executor, IoHandlerFactory handlers, Object... args) {
    return new Loop(this, executor, handlers, (ErrorHook) args[0]);
  }

  /** One of them. */
  static final class Loop extends SingleThreadIoEventLoop {
    private final ErrorHook errors;

    private Loop(
        IoEventLoopGroup parent, Executor executor, IoHandlerFactory handlers, ErrorHook errors) {
      super(parent, executor, handlers);
      this.errors = errors;
    }

    ErrorHook errors() {
      return errors;
    }

    @Override
    protected void run() {
      errors.guard(super::run).run();
    }

    @Override
    public void execute(Runnable task) {
      super.execute(errors.guard(task));
    }

    @Override
    public ScheduledFuture<?> schedule(Runnable task, long delay, TimeUnit unit) {
      return super.schedule(errors.guard(task), delay, unit);
    }

    @Override
    public <V> ScheduledFuture<V> schedule(Callable<V> task, long delay, TimeUnit unit) {
      Callable<V> guarded =
          () -> {
            try {
              return task.call();
            } catch (Error e) {
              errors.raised(e);
              throw e;
            }
          };
      return super.schedule(guarded, delay, unit);
    }

    @Override
    public ScheduledFuture<?> scheduleAtFixedRate(
        Runnable task, long delay, long period, TimeUnit unit) {
      return super.scheduleAtFixedRate(errors.guard(task), delay, period, unit);
    }

    @Override
    public ScheduledFuture<?> scheduleWithFixedDelay(
        Runnable task, long delay, long period, TimeUnit unit) {
      return super.scheduleWithFixedDelay(errors.guard(task), delay, period, unit);
    }
  }
}
