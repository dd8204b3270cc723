package dev.piecework.metainfo;

/** Why bytes are not a torrent that can be downloaded: what is wrong and where. */
public final class MetainfoException extends Exception {
  /** Paths in a message come from strangers and can be long. */
  private static final int MAX_MESSAGE_LENGTH = 500;

  private final MetainfoError error;

  /**
   * @param error the kind, for programs
   * @param message what is wrong, where, what was expected, for people; cut after 500 characters
   */
  public MetainfoException(MetainfoError error, String message) {
    super(
        message.length() > MAX_MESSAGE_LENGTH
            ? message.substring(0, MAX_MESSAGE_LENGTH) + "..."
            : message);
    this.error = error;
  }

  /** The kind of fault. */
  public MetainfoError error() {
    return error;
  }
}
