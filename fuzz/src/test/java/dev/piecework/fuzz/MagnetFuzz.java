package dev.piecework.fuzz;

import dev.piecework.metainfo.MagnetLink;
import dev.piecework.metainfo.MagnetLinkException;
import java.nio.charset.StandardCharsets;

/** Magnet links (BEP 9, 53). */
public final class MagnetFuzz {
  private MagnetFuzz() {}

  /** Called by the fuzzer. */
  public static void fuzzerTestOneInput(byte[] input) {
    String text = new String(input, StandardCharsets.UTF_8);
    parse(text);
    parse("magnet:?xt=urn:btih:" + text);
  }

  private static void parse(String text) {
    try {
      Checks.that(!MagnetLink.parse(text).toString().isEmpty(), "a link without text");
    } catch (MagnetLinkException e) {
      Checks.that(!String.valueOf(e.getMessage()).isBlank(), "a refusal without a reason");
    }
  }
}
