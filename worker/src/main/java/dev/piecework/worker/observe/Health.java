package dev.piecework.worker.observe;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;

/**
 * Whether the worker is of use, as two questions.
 *
 * <p><b>Alive</b>: does it move? Its duties (renewing leases, sweeping, publishing the outbox) go
 * round and its event loops answer. Whoever gets "no" should end the process: starting it again
 * helps.
 *
 * <p><b>Ready</b>: has it begun, and does it consume, or would it as soon as the broker is back? A
 * worker that takes no messages because its database cannot be used is not ready, and says why.
 *
 * <p>It stays alive though a peer (broker, database, object store, a tracker) is away. To start a
 * worker again brings no peer back; but it would take the jobs at work away from every worker at
 * once, and the uploads that only wait for the store to answer.
 */
public final class Health {
  private final List<Watched> watched = new CopyOnWriteArrayList<>();
  private volatile Supplier<Optional<String>> obstacle = Optional::empty;
  private volatile Life life = Life.STARTING;

  private enum Life {
    STARTING,
    UP,
    STOPPING
  }

  private record Watched(String name, Supplier<Optional<String>> trouble) {}

  /**
   * An answer.
   *
   * @param yes what it says
   * @param text the same for people, and why; lines that end in a line break
   */
  public record Answer(boolean yes, String text) {}

  /**
   * Takes something into the account of life.
   *
   * @param name for people
   * @param trouble asked from any thread, must return at once: what is wrong, empty if nothing is
   */
  public void watch(String name, Supplier<Optional<String>> trouble) {
    watched.add(new Watched(name, trouble));
  }

  /**
   * The worker has begun.
   *
   * @param whyNotReady asked from any thread, must return at once: what keeps it from consuming
   */
  public void up(Supplier<Optional<String>> whyNotReady) {
    obstacle = whyNotReady;
    life = Life.UP;
  }

  /** The worker is about to end. */
  public void stopping() {
    life = Life.STOPPING;
  }

  /** Whether it moves. */
  public Answer live() {
    List<String> lines = new ArrayList<>();
    boolean yes = true;
    for (Watched each : watched) {
      Optional<String> trouble = each.trouble().get();
      yes &= trouble.isEmpty();
      lines.add(each.name() + ": " + trouble.orElse("ok"));
    }
    lines.addFirst(yes ? "alive" : "not alive");
    return new Answer(yes, text(lines));
  }

  /** Whether it takes jobs, or would if the broker were there. */
  public Answer ready() {
    Optional<String> why =
        switch (life) {
          case STARTING -> Optional.of("starting");
          case STOPPING -> Optional.of("stopping");
          case UP -> obstacle.get();
        };
    return new Answer(
        why.isEmpty(), text(List.of(why.map("not ready: %s"::formatted).orElse("ready"))));
  }

  private static String text(List<String> lines) {
    return String.join("\n", lines) + "\n";
  }
}
