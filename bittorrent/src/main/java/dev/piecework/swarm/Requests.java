package dev.piecework.swarm;

/** Makes requests and gives them up: when a peer chokes, refuses, is too slow or goes. */
final class Requests {
  /** How long a snubbed peer may keep its one request. */
  private static final long SNUBBED_REQUEST_NANOS = 60_000_000_000L;

  private final Assemblies assemblies;
  private final TokenBucket budget;

  Requests(Assemblies assemblies, TokenBucket budget) {
    this.assemblies = assemblies;
    this.budget = budget;
  }

  void make(Source source, PieceAssembly assembly, int block, long nowNanos) {
    if (source.queue.size() == 0) {
      source.window.requestsOutstanding(nowNanos);
    }
    int length = assembly.blockLength(block);
    budget.take(length);
    assemblies.requested(assembly, block, source, nowNanos);
    source.queue.add(assembly, block, nowNanos);
    source.outlet.ask(assembly.piece(), block * PieceAssembly.BLOCK, length);
  }

  void giveUp(Source source, int index, long nowNanos) {
    PieceAssembly assembly = source.queue.assembly(index);
    int block = source.queue.block(index);
    source.queue.remove(index);
    source.strays++;
    assemblies.unrequested(assembly, block);
    if (source.queue.size() == 0) {
      source.window.noneOutstanding(nowNanos);
    }
  }

  void giveUpAll(Source source, long nowNanos) {
    while (source.queue.size() > 0) {
      // The oldest first: taking another out of the ring moves all before it.
      giveUp(source, 0, nowNanos);
    }
    disown(source);
  }

  /** Leaves the pieces that a peer worked on to others. */
  void disown(Source source) {
    source.current = null;
    assemblies.disown(source);
  }

  /** Gives up what has been waited for long enough. */
  void expire(Source source, long nowNanos) {
    if (source.queue.size() == 0) {
      return;
    }
    if (source.window.snubbed(nowNanos)) {
      boolean old = nowNanos - source.queue.requestedAtNanos(0) > SNUBBED_REQUEST_NANOS;
      while (source.queue.size() > (old ? 0 : 1)) {
        giveUp(source, source.queue.size() - 1, nowNanos);
      }
      disown(source);
      return;
    }
    long since = Math.max(source.queue.requestedAtNanos(0), source.lastBlockNanos);
    if (nowNanos - since < source.window.timeoutNanos()) {
      return;
    }
    source.window.requestTimedOut(nowNanos);
    do {
      giveUp(source, 0, nowNanos);
    } while (source.queue.size() > source.window.size());
    disown(source);
  }
}
