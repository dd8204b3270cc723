package dev.piecework.engine;

import dev.piecework.metainfo.Metainfo;
import dev.piecework.net.ErrorHook;
import dev.piecework.net.LogContext;
import io.netty.channel.EventLoop;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How a torrent ends: because it is asked to, or because something failed. Whatever is run through
 * here and fails ends the torrent with a reason, so that none is left that neither goes on nor says
 * so. It has ended when all that is at work elsewhere for it is over.
 */
final class SwarmLife {
  private static final Logger LOG = LoggerFactory.getLogger(SwarmLife.class);

  /** What only the torrent itself can do. */
  interface Subject {
    /**
     * Closes everything, once.
     *
     * @return what is still to be waited for
     */
    List<CompletableFuture<Void>> shutDown();

    /** Nothing of it is at work any more: lets go of the last. */
    void ended();
  }

  private final Subject subject;
  private final Metainfo metainfo;
  private final TorrentListener listener;
  private final EventLoop loop;
  private final LogContext logContext;
  private final CompletableFuture<Void> stopped = new CompletableFuture<>();
  private int atWorkElsewhere;
  private boolean stopping;

  SwarmLife(
      Subject subject,
      Metainfo metainfo,
      TorrentListener listener,
      EventLoop loop,
      LogContext logContext) {
    this.subject = subject;
    this.metainfo = metainfo;
    this.listener = listener;
    this.loop = loop;
    this.logContext = logContext;
  }

  boolean stopping() {
    return stopping;
  }

  /** Runs on the loop, soon; from any thread while the loop is there. */
  void onOwnLoop(Runnable task) {
    loop.execute(() -> {
      try {
        task.run();
      } catch (RuntimeException | Error e) {
        fail("unexpected failure", e);
      }
    });
  }

  /** Calls from outside may come when the loop is gone: there is nothing left to do then. */
  void onLoop(Runnable task) {
    if (!loop.isShuttingDown()) {
      onOwnLoop(task);
    }
  }

  /** For listeners of the torrent's futures: an Error ends it with a reason. */
  ErrorHook errors() {
    return error -> fail("unexpected failure", error);
  }

  /** Something is at work elsewhere that the end has to wait for. */
  void workBegun() {
    atWorkElsewhere++;
  }

  /** It is over. */
  void workDone() {
    atWorkElsewhere--;
    endIfDone();
  }

  /** Ends the torrent with a reason. An Error is reported to the hook of the loop as well. */
  void fail(String what, Throwable cause) {
    try {
      failTorrent(what, cause);
    } finally {
      ErrorHook.of(loop).check(cause);
    }
  }

  private void failTorrent(String what, Throwable cause) {
    if (stopping) {
      LOG.debug("{}: failed while stopping", metainfo.infoHash(), cause);
      return;
    }
    logContext.run(() -> LOG.warn("Torrent {}: {}, stopping", metainfo.infoHash(), what, cause));
    try {
      stopNow();
    } catch (RuntimeException | Error e) {
      cause.addSuppressed(e);
      end();
    } finally {
      listener.failed(
          cause instanceof Exception e ? e : new IllegalStateException(cause.toString(), cause));
    }
  }

  /** The engine is closed and its threads have ended: nobody need wait any longer. */
  void abandoned() {
    stopped.complete(null);
  }

  /** Stops; from any thread. */
  CompletableFuture<Void> stop() {
    onLoop(this::stopNow);
    return stopped.copy();
  }

  private void stopNow() {
    if (stopping) {
      return;
    }
    stopping = true;
    // Hashing and reading that is at work ends by itself; leaving the trackers takes its time too.
    atWorkElsewhere++;
    subject.shutDown().forEach(this::awaitEndOf);
    workDone();
  }

  @SuppressWarnings("FutureReturnValueIgnored") // what it leads to is counted, not waited for
  private void awaitEndOf(CompletableFuture<Void> work) {
    atWorkElsewhere++;
    work.whenComplete((done, failure) -> onOwnLoop(this::workDone));
  }

  private void endIfDone() {
    if (stopping && atWorkElsewhere == 0) {
      end();
    }
  }

  private void end() {
    if (!stopped.isDone()) {
      subject.ended();
      logContext.run(
          () -> LOG.info("Torrent {} \"{}\": stopped", metainfo.infoHash(), metainfo.name()));
      stopped.complete(null);
    }
  }
}
