package dev.piecework.cli.progress;

import dev.piecework.message.EventData.Progress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Lays out one line of progress: within a width for a terminal, or whole for a log. */
final class ProgressLine {
  private static final int MIN_BAR = 5;
  private static final int MAX_BAR = 30;

  /** Workers report every second or two: after this long something is amiss. */
  private static final Duration SILENCE = Duration.ofSeconds(15);

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
  private static List<String> figures(Progress progress, Duration silence, boolean close) {
    List<String> figures = new ArrayList<>();
    figures.add(size(Human.bytesOf(progress.verifiedBytes(), progress.totalBytes()), close));
    if (silence.compareTo(SILENCE) >= 0) {
      figures.add("no news for " + Human.duration(silence));
    } else {
      figures.add(
          progress.phase().equals("seed")
              ? "up " + size(Human.rate(progress.uploadBytesPerSecond()), close)
              : size(Human.rate(progress.downloadBytesPerSecond()), close));
      progress
          .etaSeconds()
          .ifPresent(eta -> figures.add("ETA " + Human.duration(Duration.ofSeconds(eta))));
      figures.add(Human.count(progress.peers(), "peer"));
    }
    figures.add(
        progress.verifiedPieces() + "/" + progress.totalPieces() + (close ? " pcs" : " pieces"));
    figures.add(progress.uploadedParts() + "/" + progress.totalParts() + " parts");
    return figures;
  }

  private static String size(String size, boolean close) {
    return close ? size.replace(" ", "") : size;
  }

  /** A whole line for a log. */
  static String plain(String phase, Optional<Progress> progress, Duration silence) {
    return progress
        .map(now ->
            phase
                + " "
                + Human.percent(now.verifiedBytes(), now.totalBytes())
                + "%, "
                + String.join(", ", figures(now, silence, false)))
        .orElse(phase);
  }

  /**
   * A line of fewer than {@code width} columns: the last column stays free, because some terminals
   * wrap when it is filled. What does not fit is first set closer, then left off from the end.
   *
   * @param silence since the last news, or since the beginning
   */
  String fitted(String phase, Optional<Progress> progress, Duration silence, int width) {
    int room = width - 1;
    if (progress.isEmpty()) {
      return cut(phase + " " + Human.duration(silence), room);
    }
    Progress now = progress.get();
    // The usual phase needs no name: it is what moves.
    String head =
        (phase.equals("transfer") ? "" : phase + " ")
            + Human.percent(now.verifiedBytes(), now.totalBytes())
            + "%";
    String gap = "  ";
    List<String> figures = figures(now, silence, false);
    if (head.length() + 1 + MIN_BAR + length(gap, figures) > room) {
      gap = " ";
      figures = figures(now, silence, true);
    }
    while (!figures.isEmpty() && head.length() + length(gap, figures) > room) {
      figures.removeLast();
    }
    int bar = Math.min(MAX_BAR, room - head.length() - 1 - length(gap, figures));
    StringBuilder line = new StringBuilder(cut(head, room));
    if (bar >= MIN_BAR) {
      line.append(' ').append(bar(now, bar));
    }
    for (String figure : figures) {
      line.append(gap).append(figure);
    }
    return line.toString();
  }

  private static int length(String gap, List<String> figures) {
    return figures.stream().mapToInt(figure -> gap.length() + figure.length()).sum();
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
