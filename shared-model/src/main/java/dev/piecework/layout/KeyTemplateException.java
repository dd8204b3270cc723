package dev.piecework.layout;

/** A template that no keys can be made of. */
public final class KeyTemplateException extends Exception {
  private final String problem;
  private final String expected;

  KeyTemplateException(String problem, String expected) {
    super(problem + ": expected " + expected);
    this.problem = problem;
    this.expected = expected;
  }

  /** What is wrong: completes a sentence that begins with the template's name. */
  public String problem() {
    return problem;
  }

  /** What would be right. */
  public String expected() {
    return expected;
  }
}
