package dev.piecework.worker.lease;

/**
 * Asked right before an outside effect that the database cannot refuse: a worker that slept through
 * its lease finds out here, before it does harm. What it lets pass may still arrive after a
 * takeover, so every such effect must be one that whoever takes over can live with.
 */
@FunctionalInterface
public interface Fence {
  /**
   * Checks that the job is still ours.
   *
   * @throws LeaseLostException if another worker has it
   */
  void check();
}
