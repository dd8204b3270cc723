package dev.piecework.worker.s3;

import java.util.Optional;
import okhttp3.Headers;
import okhttp3.Request;

/**
 * What a store has answered, read whole.
 *
 * @param request as it was sent
 * @param status HTTP status
 * @param headers as they came
 * @param body as it came; empty for none
 * @param receivedAtMillis when its first byte came, by this machine's clock
 */
@SuppressWarnings("ArrayRecordComponent") // Made once, read once.
public record S3Answer(
    Request request, int status, Headers headers, byte[] body, long receivedAtMillis) {

  /** A header's value, if it has one that is not blank. */
  public Optional<String> header(String name) {
    return Optional.ofNullable(headers.get(name)).filter(value -> !value.isBlank());
  }
}
