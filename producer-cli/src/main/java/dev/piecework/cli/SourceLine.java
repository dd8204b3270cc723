package dev.piecework.cli;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * One source from a line of standard input. Blanks around a link are no part of it; those of a file
 * name may be, as programs print names as they are. A name in bytes that are not UTF-8, as older
 * systems wrote them, is kept byte by byte.
 */
final class SourceLine {
  private SourceLine() {}

  /** The source; empty if the line is blank. */
  static String read(byte[] line) {
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(line)).toString();
    } catch (CharacterCodingException e) {
      String like = new String(line, StandardCharsets.UTF_8);
      return Sources.isFile(like.strip()) ? TorrentFiles.name(line) : like.strip();
    }
    String stripped = text.strip();
    boolean asItIs = Sources.isFile(stripped) && !stripped.isEmpty() && TorrentFiles.exists(text);
    return asItIs ? text : stripped;
  }
}
