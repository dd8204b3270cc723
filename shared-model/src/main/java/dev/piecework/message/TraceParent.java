package dev.piecework.message;

import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;

/**
 * Where something stands in a distributed trace: the value of the header {@code traceparent} (W3C
 * Trace Context, section 3.2). Carried, never changed: what follows from a job has the trace of
 * whoever submitted it.
 *
 * @param value as it stands in the header
 */
public record TraceParent(String value) {
  /** The header of a message. */
  public static final String HEADER = "traceparent";

  /** Version, trace id, parent id, flags. A later version may say more behind them. */
  private static final Pattern FORM =
      Pattern.compile("(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}");

  /** Checks. */
  public TraceParent {
    if (!FORM.matcher(value).matches()) {
      throw new IllegalArgumentException("no traceparent: " + value);
    }
  }

  /** Reads a header; what is none is ignored, as the specification asks. */
  public static Optional<TraceParent> parse(String header) {
    return FORM.matcher(header).matches() ? Optional.of(new TraceParent(header)) : Optional.empty();
  }

  /** A new trace, not sampled: nobody else records it. */
  public static TraceParent fresh(RandomGenerator random) {
    String id = "";
    do {
      id = "%016x%016x".formatted(random.nextLong(), random.nextLong());
    } while (id.startsWith("0000000000000000") || id.endsWith("0000000000000000"));
    return new TraceParent("00-%s-%s-00".formatted(id, id.substring(16)));
  }

  /** What all of a trace have in common: 32 hexadecimal digits. */
  public String traceId() {
    return value.substring(3, 35);
  }

  /** The span that whoever sent it was in: 16 hexadecimal digits. */
  public String spanId() {
    return value.substring(36, 52);
  }
}
