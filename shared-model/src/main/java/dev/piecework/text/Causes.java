package dev.piecework.text;

/** What people read of an exception that was not expected, but does no harm. */
public final class Causes {
  private static final int MAX_DEPTH = 20;

  private Causes() {}

  /**
   * The message of the innermost cause that has one, on one line: what lies around it repeats it
   * with names of classes and statements.
   *
   * @return without a message anywhere, the simple name of the outermost exception's class
   */
  public static String line(Throwable failure) {
    String found = "";
    Throwable at = failure;
    for (int depth = 0; at != null && depth < MAX_DEPTH; depth++, at = at.getCause()) {
      // A cause without a message of its own gives its own cause's name and message for one.
      boolean own = at.getCause() == null || !at.getCause().toString().equals(at.getMessage());
      if (at.getMessage() != null && !at.getMessage().isBlank() && own) {
        found = at.getMessage();
      }
    }
    return found.isEmpty() ? failure.getClass().getSimpleName() : ForeignText.line(found);
  }
}
