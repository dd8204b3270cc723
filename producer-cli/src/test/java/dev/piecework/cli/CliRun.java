package dev.piecework.cli;

import dev.piecework.cli.progress.ProgressStyle;
import dev.piecework.cli.progress.Screen;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.Map;

/**
 * One run of the command line in this process.
 *
 * @param exitCode what the process would have ended with
 * @param out standard output
 * @param err standard error
 */
record CliRun(int exitCode, String out, String err) {

  private static final Screen NO_SCREEN =
      new Screen() {
        @Override
        public ProgressStyle style() {
          return ProgressStyle.PLAIN;
        }

        @Override
        public int width() {
          return 80;
        }

        @Override
        public int height() {
          return 24;
        }
      };

  static CliRun of(Map<String, String> environment, String... arguments) {
    return fed("", environment, arguments);
  }

  /** With something on standard input. */
  static CliRun fed(String in, Map<String, String> environment, String... arguments) {
    return fed(in.getBytes(StandardCharsets.UTF_8), environment, arguments);
  }

  /** With some bytes on standard input. */
  static CliRun fed(byte[] in, Map<String, String> environment, String... arguments) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    CliContext context =
        new CliContext(
            new ByteArrayInputStream(in),
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            environment,
            InstantSource.system(),
            SteadyClock.start(),
            () -> ProgressStyle.PLAIN,
            () -> 80,
            NO_SCREEN);
    int exitCode = PieceworkMain.run(context, arguments);
    return new CliRun(
        exitCode, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
  }
}
