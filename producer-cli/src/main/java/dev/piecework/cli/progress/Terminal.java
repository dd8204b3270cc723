package dev.piecework.cli.progress;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Locale;
import java.util.Map;

/**
 * What standard output or error is connected to. Java tells only whether standard input and output
 * are both a terminal, and never its width, so the C library is asked; where that fails, there is
 * no terminal.
 */
public final class Terminal implements Screen {
  private static final int STANDARD_OUTPUT = 1;
  private static final int STANDARD_ERROR = 2;
  private static final int DEFAULT_WIDTH = 80;
  private static final int MIN_WIDTH = 20;
  private static final int DEFAULT_HEIGHT = 24;
  private static final int MIN_HEIGHT = 5;

  /** ioctl's request for the window size, from each system's headers. */
  private static final long TIOCGWINSZ =
      System.getProperty("os.name", "").toLowerCase(Locale.ROOT).contains("linux")
          ? 0x5413
          : 0x40087468;

  private final Map<String, String> environment;
  private final int descriptor;

  private Terminal(Map<String, String> environment, int descriptor) {
    this.environment = Map.copyOf(environment);
    this.descriptor = descriptor;
  }

  /**
   * Standard error's.
   *
   * @param environment for {@code TERM}, {@code NO_COLOR}, {@code COLUMNS} and {@code LINES}
   */
  public static Terminal ofError(Map<String, String> environment) {
    return new Terminal(environment, STANDARD_ERROR);
  }

  /**
   * Standard output's.
   *
   * @param environment for {@code TERM}, {@code NO_COLOR}, {@code COLUMNS} and {@code LINES}
   */
  public static Terminal ofOutput(Map<String, String> environment) {
    return new Terminal(environment, STANDARD_OUTPUT);
  }

  @Override
  public ProgressStyle style() {
    if (!isTerminal() || environment.getOrDefault("TERM", "dumb").equals("dumb")) {
      return ProgressStyle.PLAIN;
    }
    // https://no-color.org: set and not empty, whatever its value.
    return environment.getOrDefault("NO_COLOR", "").isEmpty()
        ? ProgressStyle.LIVE_COLOR
        : ProgressStyle.LIVE;
  }

  @Override
  public int width() {
    return Math.max(MIN_WIDTH, size(1, "COLUMNS", DEFAULT_WIDTH));
  }

  @Override
  public int height() {
    return Math.max(MIN_HEIGHT, size(0, "LINES", DEFAULT_HEIGHT));
  }

  /**
   * @param index in the C library's {@code struct winsize}: lines, columns
   */
  private int size(int index, String variable, int otherwise) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment size = arena.allocate(ValueLayout.JAVA_SHORT, 4);
      MethodHandle ioctl =
          function(
              "ioctl",
              FunctionDescriptor.of(
                  ValueLayout.JAVA_INT,
                  ValueLayout.JAVA_INT,
                  ValueLayout.JAVA_LONG,
                  ValueLayout.ADDRESS),
              Linker.Option.firstVariadicArg(2));
      int result = (int) ioctl.invokeExact(descriptor, TIOCGWINSZ, size);
      int cells = Short.toUnsignedInt(size.getAtIndex(ValueLayout.JAVA_SHORT, index));
      if (result == 0 && cells > 0) {
        return cells;
      }
    } catch (Throwable e) { // what invokeExact declares; the default will do
      return fromEnvironment(variable, otherwise);
    }
    return fromEnvironment(variable, otherwise);
  }

  private int fromEnvironment(String variable, int otherwise) {
    try {
      return Integer.parseInt(environment.getOrDefault(variable, ""));
    } catch (NumberFormatException e) {
      return otherwise;
    }
  }

  private boolean isTerminal() {
    try {
      MethodHandle isatty =
          function("isatty", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
      return (int) isatty.invokeExact(descriptor) == 1;
    } catch (Throwable e) { // what invokeExact declares; no terminal that could be drawn on
      return false;
    }
  }

  // The C library's own isatty and ioctl, with the types their headers give.
  @SuppressWarnings("restricted")
  private static MethodHandle function(
      String name, FunctionDescriptor descriptor, Linker.Option... options) {
    Linker linker = Linker.nativeLinker();
    SymbolLookup symbols = linker.defaultLookup();
    return linker.downcallHandle(symbols.findOrThrow(name), descriptor, options);
  }
}
