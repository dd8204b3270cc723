package dev.piecework.testkit;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Writes bencoding (BEP 3). On purpose not the writer under test: a fault there must not make
 * torrents that the same fault reads happily. Keys are ASCII here, so that the order of strings is
 * the order of bytes.
 */
final class Bencoding {
  private Bencoding() {}

  static byte[] encode(Object value) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    write(out, value);
    return out.toByteArray();
  }

  private static void write(ByteArrayOutputStream out, Object value) {
    switch (value) {
      case byte[] bytes -> {
        ascii(out, bytes.length + ":");
        out.writeBytes(bytes);
      }
      case String text -> write(out, text.getBytes(StandardCharsets.UTF_8));
      case Integer number -> ascii(out, "i" + number + "e");
      case Long number -> ascii(out, "i" + number + "e");
      case Raw raw -> out.writeBytes(raw.bytes);
      case List<?> list -> {
        ascii(out, "l");
        list.forEach(element -> write(out, element));
        ascii(out, "e");
      }
      case Map<?, ?> map -> {
        ascii(out, "d");
        TreeMap<String, Object> sorted = new TreeMap<>();
        map.forEach((key, element) -> sorted.put(String.valueOf(key), element));
        sorted.forEach((key, element) -> {
          write(out, key);
          write(out, element);
        });
        ascii(out, "e");
      }
      default -> throw new IllegalArgumentException("cannot bencode " + value.getClass());
    }
  }

  private static void ascii(ByteArrayOutputStream out, String text) {
    out.writeBytes(text.getBytes(StandardCharsets.US_ASCII));
  }

  /** Bytes that are bencoded already: written as they are. */
  static final class Raw {
    private final byte[] bytes;

    Raw(byte[] bytes) {
      this.bytes = bytes.clone();
    }
  }
}
