package dev.piecework.metainfo;

/** Why bytes are not a torrent that can be downloaded: what is wrong and where. */
public final class MetainfoException extends Exception {
  private final MetainfoError error;

  /**
   * @param error the kind, for programs
   * @param message what is wrong, where, what was expected, for people
   */
  public MetainfoException(MetainfoError error, String message) {
    super(message);
    this.error = error;
  }

  /** The kind of fault. */
  public MetainfoError error() {
    return error;
  }
}
