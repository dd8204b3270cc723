package dev.piecework.cli.progress;

import dev.piecework.message.EventData.Progress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Lays out one line of progress: within a width for a terminal, or whole for a log. */
final class ProgressLine {
  private static final int MIN_BAR = 8;
  private static final int MAX_BAR = 30;
  private static final String COLOR = "\u001b[36m";
  private static final String FAINT = "\u001b[2m";
  private static final String RESET = "\u001b[0m";

  private final boolean unicode;
  private final boolean color;

  ProgressLine(boolean unicode, boolean color) {
    this.unicode = unicode;
    this.color = color;
  }

  /** The figures as text, most important first; each can be left off from the end. */
  private static List<String> figures(Progress progress) {
    List<String> figures = new ArrayList<>();
    figures.add(Human.bytesOf(progress.verifiedBytes(), progress.totalBytes()));
    boolean seeding = progress.phase().equals("seed");
    figures.add(
        seeding
            ? "up " + Human.rate(progress.uploadBytesPerSecond())
            : Human.rate(progress.downloadBytesPerSecond()));
    progress
        .etaSeconds()
        .ifPresent(eta -> figures.add("ETA " + Human.duration(Duration.ofSeconds(eta))));
    figures.add(Human.count(progress.peers(), "peer"));
    figures.add(progress.verifiedPieces() + "/" + progress.totalPieces() + " pieces");
    figures.add(progress.uploadedParts() + "/" + progress.totalParts() + " parts");
    return figures;
  }

  /** A whole line for a log. */
  static String plain(String phase, Optional<Progress> progress) {
    return progress
        .map(now ->
            phase
                + " "
                + Human.percent(now.verifiedBytes(), now.totalBytes())
                + "%, "
                + String.join(", ", figures(now)))
        .orElse(phase);
  }

  /**
   * A line of fewer than {@code width} columns: the last column stays free, because some terminals
   * wrap when it is filled.
   *
   * @param waited shown while there are no figures
   */
  String fitted(String phase, Optional<Progress> progress, Duration waited, int width) {
    int room = width - 1;
    if (progress.isEmpty()) {
      return cut(phase + " " + Human.duration(waited), room);
    }
    Progress now = progress.get();
    int percent = Human.percent(now.verifiedBytes(), now.totalBytes());
    // The usual phase needs no name: it is what moves.
    String head =
        (phase.equals("transfer") ? "" : phase + " ") + String.format("%3d%%", percent).strip();
    List<String> figures = figures(now);
    while (!figures.isEmpty() && length(head, figures) > room) {
      figures.removeLast();
    }
    int bar = Math.min(MAX_BAR, room - length(head, figures) - 1);
    StringBuilder line = new StringBuilder(head);
    if (bar >= MIN_BAR) {
      line.append(' ').append(bar(now, bar));
    }
    figures.forEach(figure -> line.append("  ").append(figure));
    return line.length() > room && bar < MIN_BAR ? cut(line.toString(), room) : line.toString();
  }

  private static int length(String head, List<String> figures) {
    return head.length() + figures.stream().mapToInt(figure -> figure.length() + 2).sum();
  }

  private String bar(Progress now, int width) {
    double share = now.totalBytes() <= 0 ? 1 : (double) now.verifiedBytes() / now.totalBytes();
    int full = (int) Math.clamp(Math.floor(share * width), 0, width);
    String done = (unicode ? "━" : "#").repeat(full);
    String left = (unicode ? "─" : ".").repeat(width - full);
    return color ? COLOR + done + RESET + FAINT + left + RESET : done + left;
  }

  private static String cut(String line, int room) {
    return line.length() <= room ? line : line.substring(0, Math.max(0, room));
  }
}
