package dev.piecework.cli.progress;

/** What a stream is connected to. Asked each time: a window changes its size. */
public interface Screen {
  /** How to show things that change. */
  ProgressStyle style();

  /** Columns. */
  int width();

  /** Lines. */
  int height();
}
