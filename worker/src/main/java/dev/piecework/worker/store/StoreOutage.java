package dev.piecework.worker.store;

import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * The store as a whole cannot be used by this worker.
 *
 * @param kind whose fault it is
 * @param since when that was found, by this machine's clock; for people
 * @param why the store's own words, or what the network said; one line, no secrets
 */
public record StoreOutage(Kind kind, Instant since, String why) {
  /** How {@link #text} begins; command lines look for it. */
  public static final String WAITING_SINCE = "waiting for the object store since ";

  /** For people: {@code waiting for the object store since ...: why}. */
  public String text() {
    return WAITING_SINCE + "%s: %s".formatted(since.truncatedTo(ChronoUnit.SECONDS), why);
  }

  /** Whose fault it is, and so what becomes of the worker's jobs. */
  public enum Kind {
    /** It does not answer, or answers 5xx to everything: every worker may be concerned. */
    AWAY(true, false),
    /** This worker cannot resolve its name. */
    UNRESOLVED(true, true),
    /** It refuses this worker's key or clock, or this worker does not trust it. */
    REFUSED(false, true);

    private final boolean waits;
    private final boolean own;

    Kind(boolean waits, boolean own) {
      this.waits = waits;
      this.own = own;
    }

    /** Whether running jobs wait for its end; otherwise they are handed back at once. */
    public boolean waits() {
      return waits;
    }

    /** Whether another worker may well be able to use the store: this one is not ready. */
    public boolean own() {
      return own;
    }
  }
}
