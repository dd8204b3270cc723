package dev.piecework.cli.progress;

import java.io.PrintStream;
import java.util.List;

/** Lines on a terminal that are drawn over again and again, in place. To be used by one thread. */
public final class LiveDrawing {
  private static final String CLEAR_TO_END_OF_LINE = "\u001b[K";
  private static final String CLEAR_TO_END_OF_SCREEN = "\u001b[J";

  private final PrintStream out;
  private int drawn;

  /**
   * @param out the terminal
   */
  public LiveDrawing(PrintStream out) {
    this.out = out;
  }

  /**
   * Draws lines in the place of those drawn before. Each must be narrower than the terminal, and
   * all of them lower.
   */
  public void draw(List<String> lines) {
    StringBuilder text = new StringBuilder();
    if (drawn > 0) {
      text.append("\u001b[").append(drawn).append('A');
    }
    for (String line : lines) {
      text.append('\r').append(line).append(CLEAR_TO_END_OF_LINE).append('\n');
    }
    text.append(CLEAR_TO_END_OF_SCREEN);
    drawn = lines.size();
    out.print(text);
    out.flush();
  }
}
