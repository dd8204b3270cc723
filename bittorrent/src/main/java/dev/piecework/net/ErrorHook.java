package dev.piecework.net;

import dev.piecework.exit.ProcessEnd;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GenericFutureListener;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Receives every {@link Error} (out of memory, stack overflow, a class that cannot be linked) that
 * is thrown on an event loop. Netty catches whatever a task, a handler, an initializer or a
 * listener throws, logs it and continues: without this hook the process would run on although
 * nothing is known to hold any more. Tasks and timers of the loops that {@link
 * Transports#eventLoops} makes report here by themselves; listeners and initializers do when they
 * are wrapped by the methods below, handlers when their {@code exceptionCaught} calls {@link
 * #check}.
 */
@FunctionalInterface
public interface ErrorHook {
  /** An Error was thrown; may be called for the same one more than once, from any thread. */
  void raised(Error error);

  /** Logs the Error and ends the process where {@link ProcessEnd#install} was called. */
  static ErrorHook endOfProcess() {
    return error -> {
      Logger log = LoggerFactory.getLogger(ErrorHook.class);
      try {
        log.error("Error on thread {}", Thread.currentThread().getName(), error);
      } finally {
        ProcessEnd.ifFatal(error);
      }
    };
  }

  /** The hook of an event loop; {@link #endOfProcess} for any other executor. */
  static ErrorHook of(Executor loop) {
    return loop instanceof GuardedLoops.Loop guarded ? guarded.errors() : endOfProcess();
  }

  /** Reports what was thrown if it is an Error, or was caused by one. */
  default void check(@Nullable Throwable thrown) {
    Throwable at = thrown;
    for (int depth = 0; at != null && depth < 20; depth++, at = at.getCause()) {
      if (at instanceof Error error) {
        raised(error);
        return;
      }
    }
  }

  /** The same task; an Error is reported, then thrown on. */
  default Runnable guard(Runnable task) {
    return () -> {
      try {
        task.run();
      } catch (Error e) {
        raised(e);
        throw e;
      }
    };
  }

  /** The same listener of a future; an Error is reported, then thrown on. */
  default <F extends Future<?>> GenericFutureListener<F> listener(
      GenericFutureListener<F> listener) {
    return done -> {
      try {
        listener.operationComplete(done);
      } catch (Error e) {
        raised(e);
        throw e;
      }
    };
  }

  /**
   * Sets a new channel up; an Error is reported to the hook of the channel's event loop.
   *
   * @param setUp called once, before the channel is connected
   */
  static <C extends Channel> ChannelInitializer<C> initializer(Consumer<C> setUp) {
    return new ChannelInitializer<>() {
      @Override
      protected void initChannel(C channel) {
        setUp.accept(channel);
      }

      @Override
      public void exceptionCaught(ChannelHandlerContext context, Throwable cause) throws Exception {
        of(context.channel().eventLoop()).check(cause);
        super.exceptionCaught(context, cause);
      }
    };
  }

  /** A handler for a listening socket: Errors of accepting are reported. */
  static ChannelHandler ofListener() {
    return new ChannelInboundHandlerAdapter() {
      @Override
      public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        of(context.channel().eventLoop()).check(cause);
        context.fireExceptionCaught(cause);
      }
    };
  }
}
