package dev.piecework.message;

/** Why bytes are not a message: what is wrong, where, what was expected, what to do. */
public final class MessageException extends Exception {
  private static final int MAX_QUOTED = 60;

  private final MessageError error;
  private final String path;
  private final String problem;
  private final String expected;

  /**
   * @param error the kind, for programs
   * @param path where, as a JSON path: {@code $.options.priority}
   * @param problem what is wrong, without the place
   * @param expected what would have been right
   * @param remedy what to do
   */
  public MessageException(
      MessageError error, String path, String problem, String expected, String remedy) {
    super(path + ": " + problem + "; expected " + expected + "; " + remedy);
    this.error = error;
    this.path = path;
    this.problem = problem;
    this.expected = expected;
  }

  static MessageException missing(String path, String expected) {
    return new MessageException(
        MessageError.MISSING_FIELD, path, "missing", expected, "add it and send it again");
  }

  static MessageException wrongType(String path, String found, String expected) {
    return new MessageException(
        MessageError.WRONG_TYPE, path, "is " + found, expected, "correct it and send it again");
  }

  static MessageException invalid(String path, String problem, String expected) {
    return new MessageException(
        MessageError.INVALID_VALUE, path, problem, expected, "correct it and send it again");
  }

  /** The kind of fault. */
  public MessageError error() {
    return error;
  }

  /** Where, as a JSON path. */
  public String path() {
    return path;
  }

  /** What is wrong, without the place. */
  public String problem() {
    return problem;
  }

  /** What would have been right. */
  public String expected() {
    return expected;
  }

  /** A value from outside, made fit for a message: cut, and without control characters. */
  static String quote(String value) {
    StringBuilder quoted = new StringBuilder("\"");
    value
        .codePoints()
        .limit(MAX_QUOTED)
        .forEach(character ->
            quoted.appendCodePoint(
                Character.isISOControl(character)
                        || Character.getType(character) == Character.FORMAT
                        || Character.getType(character) == Character.SURROGATE
                    ? '?'
                    : character));
    if (value.codePointCount(0, value.length()) > MAX_QUOTED) {
      quoted.append("...");
    }
    return quoted.append('"').toString();
  }
}
