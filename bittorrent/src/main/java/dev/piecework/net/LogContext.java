package dev.piecework.net;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;

/**
 * A log context (SLF4J's MDC) that outlives its thread. Threads that serve many torrents log what
 * is about one with the context of whoever asked for it.
 */
public final class LogContext {
  private final Map<String, String> entries;

  private LogContext(Map<String, String> entries) {
    this.entries = Map.copyOf(entries);
  }

  /** That of the calling thread, as it is now. */
  public static LogContext current() {
    Map<String, String> mine = MDC.getCopyOfContextMap();
    return new LogContext(mine == null ? Map.of() : mine);
  }

  /** One of these entries. */
  public static LogContext of(Map<String, String> entries) {
    return new LogContext(entries);
  }

  /** Runs what logs, with these entries beside those of the calling thread. */
  public void run(Runnable logging) {
    @Nullable Map<String, String> before = MDC.getCopyOfContextMap();
    entries.forEach(MDC::put);
    try {
      logging.run();
    } finally {
      if (before == null) {
        MDC.clear();
      } else {
        MDC.setContextMap(before);
      }
    }
  }
}
