package dev.piecework.worker.s3;

import java.util.Optional;

/** A store has answered that it does not do what it was asked, in whatever form. */
public final class S3Refusal extends Exception {
  private static final long serialVersionUID = 1;

  private final transient S3Answer answer;
  private final String code;
  private final transient Optional<XmlElement> error;

  /**
   * @param answer what came
   * @param code S3's code of the error; empty where the answer names none
   * @param error its {@code Error} element, if it has one
   */
  S3Refusal(S3Answer answer, String code, Optional<XmlElement> error) {
    super(error.map(element -> element.text("Message")).orElse(""));
    this.answer = answer;
    this.code = code;
    this.error = error;
  }

  /** What came. */
  public S3Answer answer() {
    return answer;
  }

  /** S3's code, as {@code NoSuchKey}; empty where the answer names none, as that to a HEAD. */
  public String code() {
    return code;
  }

  /** The store's own words; may be empty. */
  public String words() {
    return String.valueOf(getMessage());
  }

  /** Another member of the error, as {@code Region}. */
  public Optional<String> member(String name) {
    return error.map(element -> element.text(name)).filter(text -> !text.isBlank());
  }
}
