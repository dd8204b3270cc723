package dev.piecework.fuzz;

import io.minio.Xml;
import io.minio.errors.XmlParserException;
import io.minio.messages.CompleteMultipartUploadResult;
import io.minio.messages.ErrorResponse;
import io.minio.messages.ListMultipartUploadsResult;
import io.minio.messages.ListPartsResult;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/** XML that a store answers: the first byte says which document. */
public final class StoreAnswersFuzz {
  private static final List<Class<?>> DOCUMENTS =
      List.of(
          ErrorResponse.class,
          ListPartsResult.class,
          ListMultipartUploadsResult.class,
          CompleteMultipartUploadResult.class);

  private StoreAnswersFuzz() {}

  /** Called by the fuzzer. */
  public static void fuzzerTestOneInput(byte[] input) {
    if (input.length == 0) {
      return;
    }
    String text = new String(Arrays.copyOfRange(input, 1, input.length), StandardCharsets.UTF_8);
    try {
      Xml.unmarshal(DOCUMENTS.get(input[0] & 3), text);
    } catch (XmlParserException e) {
      // Refused: what a request then reports is the matter of StoreErrors.
    }
  }
}
