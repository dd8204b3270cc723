package dev.piecework.acceptance;

import dev.piecework.testkit.Needs;
import dev.piecework.testkit.Processes;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** The time of day of a process, which a test may set; its monotonic clock goes on as it is. */
public final class JumpingClock {
  private static final Duration COMPILE_LIMIT = Duration.ofMinutes(1);
  private static final String SOURCE = "jumping-clock.c";

  private final Path offset;
  private final Path library;

  private JumpingClock(Path offset, Path library) {
    this.offset = offset;
    this.library = library;
  }

  /** Made from its C source, at the machine's time. */
  public static JumpingClock in(Path folder) throws IOException {
    Needs.program("cc", "gcc");
    Path source = folder.resolve(SOURCE);
    try (InputStream in =
        Objects.requireNonNull(JumpingClock.class.getResourceAsStream(SOURCE), SOURCE)) {
      Files.copy(in, source);
    }
    Path library = folder.resolve("jumping-clock.so");
    Processes.command(
            List.of("cc", "-shared", "-fPIC", "-o", library.toString(), source.toString()))
        .run(COMPILE_LIMIT)
        .orThrow();
    JumpingClock clock = new JumpingClock(folder.resolve("offset"), library);
    clock.set(Duration.ZERO);
    return clock;
  }

  /** What a process that is to go by it has in its environment. */
  public Map<String, String> environment() {
    return Map.of("LD_PRELOAD", library.toString(), "JUMPING_CLOCK", offset.toString());
  }

  /** Jumps, to so far ahead of the machine's time. */
  public void set(Duration ahead) throws IOException {
    // In place: the file is mapped.
    Files.write(
        offset,
        ByteBuffer.allocate(Long.BYTES)
            .order(ByteOrder.nativeOrder())
            .putLong(ahead.toSeconds())
            .array(),
        StandardOpenOption.CREATE,
        StandardOpenOption.WRITE);
  }
}
