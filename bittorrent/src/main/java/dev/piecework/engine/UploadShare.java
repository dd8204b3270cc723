package dev.piecework.engine;

import dev.piecework.swarm.TokenBucket;
import java.util.concurrent.Executor;

/** What a torrent may give: its rate, and the pool that reads blocks for its peers. */
final class UploadShare {
  private final Swarm swarm;
  private final Executor pool;
  private final TokenBucket budget;

  UploadShare(Swarm swarm, Executor pool, long bytesPerSecond, long nowNanos) {
    this.swarm = swarm;
    this.pool = pool;
    this.budget = new TokenBucket(bytesPerSecond, nowNanos);
  }

  boolean available() {
    return budget.available(System.nanoTime());
  }

  void sent(int bytes) {
    budget.take(bytes);
    swarm.meter().sent(bytes);
  }

  /** Reads a batch of blocks on the pool, or on a thread of its own, and sends it. */
  void read(Uploads.Batch batch) {
    SwarmLife life = swarm.life();
    life.workBegun();
    Executor where = batch.remote() ? Thread::startVirtualThread : pool;
    where.execute(() -> {
      try {
        batch.run();
      } catch (Error e) {
        life.onOwnLoop(() -> swarm.fail(e));
      } finally {
        life.onOwnLoop(() -> {
          batch.finish();
          life.workDone();
        });
      }
    });
  }
}
