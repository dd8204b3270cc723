package dev.piecework.fuzz;

import dev.piecework.layout.KeyTemplateException;
import dev.piecework.layout.ObjectKeys;
import dev.piecework.message.JobMessageCodec;
import dev.piecework.message.MessageException;
import dev.piecework.net.Cidr;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;

/** Values of settings: address ranges, key templates, s3:// names. */
public final class ConfigurationFuzz {
  private ConfigurationFuzz() {}

  /** Called by the fuzzer; the first byte says which kind. */
  public static void fuzzerTestOneInput(byte[] input) {
    if (input.length == 0) {
      return;
    }
    String text = new String(Arrays.copyOfRange(input, 1, input.length), StandardCharsets.UTF_8);
    try {
      switch (input[0] & 3) {
        case 0, 1 -> Cidr.parse(text);
        case 2 -> JobMessageCodec.storedFile(text);
        default -> ObjectKeys.of(text, "prefix/", "job", Map.of("team", "climate"));
      }
    } catch (IllegalArgumentException | MessageException | KeyTemplateException e) {
      Checks.that(!String.valueOf(e.getMessage()).isBlank(), "a refusal without a reason");
    }
  }
}
