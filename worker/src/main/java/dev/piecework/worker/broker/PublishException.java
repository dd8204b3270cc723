package dev.piecework.worker.broker;

/** The broker did not take a message, or did not say so. */
public final class PublishException extends Exception {
  /**
   * @param broker the broker's address
   */
  public PublishException(String broker, Throwable cause) {
    super(
        "the broker at %s did not confirm: %s".formatted(broker, BrokerFaults.words(cause)), cause);
  }
}
