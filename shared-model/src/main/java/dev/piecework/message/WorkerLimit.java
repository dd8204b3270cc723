package dev.piecework.message;

import java.util.Optional;

/**
 * What a worker may use of something at most, and how much of it is in use now.
 *
 * @param name what it is, such as {@code slots}; names are added, never renamed
 * @param unit of both numbers: {@link #BYTES}, {@link #COUNT}, {@link #BYTES_PER_SECOND}, {@link
 *     #COUNT_PER_SECOND}, or one that came later
 * @param limit 0 or more; empty when there is none
 * @param used 0 or more, a fraction rounded up; empty when nobody counts it
 */
public record WorkerLimit(String name, String unit, Optional<Long> limit, Optional<Long> used) {
  /** Memory or disk space. */
  public static final String BYTES = "bytes";

  /** Whole things. */
  public static final String COUNT = "count";

  /** How fast data may move. */
  public static final String BYTES_PER_SECOND = "bytes/s";

  /** How often something may be done. */
  public static final String COUNT_PER_SECOND = "count/s";
}
