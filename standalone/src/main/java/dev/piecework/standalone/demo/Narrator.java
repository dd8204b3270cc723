package dev.piecework.standalone.demo;

import dev.piecework.cli.CliContext;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;

/** Tells what happens, each line with the seconds since the beginning. */
final class Narrator {
  private static final String INDENT = " ".repeat(10);

  private final CliContext context;
  private final Instant begin;
  private Optional<Consumer<String>> bar = Optional.empty();

  Narrator(CliContext context) {
    this.context = context;
    this.begin = context.clock().instant();
  }

  /** One step. */
  void say(String line) {
    double seconds = Duration.between(begin, context.clock().instant()).toMillis() / 1000.0;
    print(String.format(Locale.ROOT, "%6.1f s  ", seconds) + line);
  }

  /** A line that belongs to the step before. */
  void add(String line) {
    print(INDENT + line);
  }

  /** From now on lines go above a progress bar; empty: to standard output again. */
  void above(Optional<Consumer<String>> progressBar) {
    bar = progressBar;
  }

  private void print(String line) {
    if (bar.isPresent()) {
      bar.get().accept(line);
    } else {
      context.out().println(line);
      context.out().flush();
    }
  }
}
