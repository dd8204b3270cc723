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
 * What standard error is connected to. Java tells only whether standard input and output are both a
 * terminal, and never its width, so the C library is asked; where that fails, there is no terminal.
 */
public final class Terminal {
  private static final int STANDARD_ERROR = 2;
  private static final int DEFAULT_WIDTH = 80;
  private static final int MIN_WIDTH = 20;

  /** ioctl's request for the window size, from each system's headers. */
  private static final long TIOCGWINSZ =
      System.getProperty("os.name", "").toLowerCase(Locale.ROOT).contains("linux")
          ? 0x5413
          : 0x40087468;

  private final Map<String, String> environment;

  /**
   * @param environment for {@code TERM}, {@code NO_COLOR} and {@code COLUMNS}
   */
  public Terminal(Map<String, String> environment) {
    this.environment = Map.copyOf(environment);
  }

  /** How to show progress on standard error. */
  public ProgressStyle style() {
    if (!isTerminal() || environment.getOrDefault("TERM", "dumb").equals("dumb")) {
      return ProgressStyle.PLAIN;
    }
    // https://no-color.org: set and not empty, whatever its value.
    return environment.getOrDefault("NO_COLOR", "").isEmpty()
        ? ProgressStyle.LIVE_COLOR
        : ProgressStyle.LIVE;
  }

  /** Columns now: it changes when the window does. */
  public int width() {
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
      int result = (int) ioctl.invokeExact(STANDARD_ERROR, TIOCGWINSZ, size);
      int columns = Short.toUnsignedInt(size.getAtIndex(ValueLayout.JAVA_SHORT, 1));
      if (result == 0 && columns > 0) {
        return Math.max(MIN_WIDTH, columns);
      }
    } catch (Throwable e) { // what invokeExact declares; the default will do
      return columnsFromEnvironment();
    }
    return columnsFromEnvironment();
  }

  private int columnsFromEnvironment() {
    try {
      return Math.max(MIN_WIDTH, Integer.parseInt(environment.getOrDefault("COLUMNS", "")));
    } catch (NumberFormatException e) {
      return DEFAULT_WIDTH;
    }
  }

  private static boolean isTerminal() {
    try {
      MethodHandle isatty =
          function("isatty", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
      return (int) isatty.invokeExact(STANDARD_ERROR) == 1;
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
