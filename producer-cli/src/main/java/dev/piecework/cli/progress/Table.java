package dev.piecework.cli.progress;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;

/** Columns of text, each as wide as its widest cell. Control characters do not get through. */
public final class Table {
  private final List<Column> columns;
  private final List<List<String>> rows = new ArrayList<>();

  private Table(List<Column> columns) {
    this.columns = columns;
    rows.add(columns.stream().map(Column::title).toList());
  }

  /** A table with these columns. */
  public static Table of(Column... columns) {
    return new Table(List.of(columns));
  }

  /** Adds a row with one cell per column. */
  public void row(String... cells) {
    if (cells.length != columns.size()) {
      throw new IllegalArgumentException(cells.length + " cells in " + columns.size() + " columns");
    }
    rows.add(List.of(cells).stream().map(Table::harmless).toList());
  }

  /** Prints the titles and the rows; a table without rows prints nothing. */
  public void print(PrintStream out) {
    if (rows.size() == 1) {
      return;
    }
    int[] widths = new int[columns.size()];
    for (List<String> row : rows) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], length(row.get(i)));
      }
    }
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < row.size(); i++) {
        String cell = row.get(i);
        boolean padded = columns.get(i).right() || i < row.size() - 1;
        String space = padded ? " ".repeat(widths[i] - length(cell)) : "";
        line.append(i == 0 ? "" : "  ");
        line.append(columns.get(i).right() ? space + cell : cell + space);
      }
      out.println(line.toString().stripTrailing());
    }
  }

  private static int length(String text) {
    return text.codePointCount(0, text.length());
  }

  /**
   * Names come from strangers' torrents: an escape sequence in one must not reach the terminal, nor
   * a character that turns the rest of the line round or cannot be seen.
   */
  public static String harmless(String text) {
    return text.codePoints().anyMatch(Table::harmful)
        ? text.codePoints()
            .map(character -> harmful(character) ? '?' : character)
            .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
            .toString()
        : text;
  }

  private static boolean harmful(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SURROGATE ->
          true;
      default -> false;
    };
  }

  /**
   * A column.
   *
   * @param title its first cell
   * @param right whether cells are set to the right, as numbers are
   */
  public record Column(String title, boolean right) {
    /** Set to the left. */
    public static Column left(String title) {
      return new Column(title, false);
    }

    /** Set to the right. */
    public static Column right(String title) {
      return new Column(title, true);
    }
  }
}
