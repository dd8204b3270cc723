package dev.piecework.standalone.demo;

import dev.piecework.cli.CliContext;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;

/** Tells what happens, each line with the seconds since the beginning. */
final class Narrator {
  private static final String INDENT = " ".repeat(10);

  private final CliContext context;
  private final Instant begin;
  private final int width;
  private Optional<Consumer<String>> bar = Optional.empty();

  Narrator(CliContext context) {
    this.context = context;
    this.begin = context.steadyClock().instant();
    // In a log lines stay whole, for whoever searches it.
    this.width =
        context.progressStyle().get().live()
            ? context.terminalWidth().getAsInt()
            : Integer.MAX_VALUE;
  }

  /** One step. */
  void say(String line) {
    double seconds = Duration.between(begin, context.steadyClock().instant()).toMillis() / 1000.0;
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
    wrapped(line, width).forEach(this::printLine);
  }

  /** A line broken between words, continued under its text; a word alone may be too long. */
  static List<String> wrapped(String line, int width) {
    List<String> lines = new ArrayList<>();
    String rest = line;
    while (rest.length() > width) {
      int space = rest.lastIndexOf(' ', width);
      if (space <= INDENT.length()) {
        break;
      }
      lines.add(rest.substring(0, space).stripTrailing());
      rest = INDENT + rest.substring(space + 1);
    }
    lines.add(rest);
    return lines;
  }

  private void printLine(String line) {
    if (bar.isPresent()) {
      bar.get().accept(line);
    } else {
      context.out().println(line);
      context.out().flush();
    }
  }
}
