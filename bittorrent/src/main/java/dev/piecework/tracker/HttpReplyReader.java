package dev.piecework.tracker;

import io.netty.buffer.ByteBuf;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Reads one HTTP/1 answer of a tracker, as liberally as browsers and other clients do, because
 * trackers are written by hand: header lines may end with a line feed alone (RFC 9112, 2.2),
 * interim answers are skipped (RFC 9110, 15.2), lines that are no headers are ignored, and a
 * Content-Length is a hint: what the body says of itself counts. What matters for safety is strict:
 * bytes of head and body are bounded, and only the few headers that are used are kept.
 *
 * <p>Goes from the first line through headers (back to the first line after an interim answer) to a
 * body: of a length, in chunks, or up to the end of the connection. Knows no socket.
 */
final class HttpReplyReader {
  /**
   * Bytes of all lines before the body, interim answers and trailers included: three times what the
   * most cookie-laden sites send.
   */
  static final int MAX_HEAD_BYTES = 64 * 1024;

  private static final int MAX_CHUNK_LINE_BYTES = 1024;
  private static final int MAX_COOKIES = 100;
  private static final HexFormat HEX = HexFormat.of().withUpperCase();

  private enum Place {
    FIRST_LINE,
    HEADERS,
    BODY,
    CHUNK_SIZE,
    CHUNK,
    CHUNK_END,
    TRAILERS,
    DONE
  }

  /** How far it has come. */
  sealed interface Progress {
    /** The answer is not complete. */
    record More() implements Progress {}

    /** The answer is complete, or is a redirect. */
    record Complete(Reply reply) implements Progress {}

    /** There will be no answer. */
    record Broken(String message) implements Progress {}
  }

  /** An answer. */
  static final class Reply {
    private final int status;
    private final Optional<String> location;
    private final List<String> cookies;
    private final String encoding;
    private final byte[] body;

    /**
     * @param location of a redirect; empty if it is none
     * @param cookies values of Set-Cookie as received
     * @param encoding value of Content-Encoding in small letters; may be empty
     * @param body as received, still encoded; given away
     */
    Reply(
        int status, Optional<String> location, List<String> cookies, String encoding, byte[] body) {
      this.status = status;
      this.location = location;
      this.cookies = List.copyOf(cookies);
      this.encoding = encoding;
      this.body = body;
    }

    int status() {
      return status;
    }

    Optional<String> location() {
      return location;
    }

    List<String> cookies() {
      return cookies;
    }

    /** The body without its encoding. */
    HttpContent content() {
      return HttpContent.decode(encoding, body);
    }
  }

  private final ByteArrayOutputStream line = new ByteArrayOutputStream();
  private final ByteArrayOutputStream body = new ByteArrayOutputStream();
  private final List<String> cookies = new ArrayList<>();
  private Place place = Place.FIRST_LINE;
  private Optional<String> broken = Optional.empty();
  private Optional<String> location = Optional.empty();
  private String encoding = "";
  private long length = -1;
  private boolean chunked;
  private boolean lengthReached;
  private long chunkLeft;
  private int status;
  private int headBytes;

  /** Takes bytes in. */
  Progress read(ByteBuf in) {
    while (in.isReadable() && broken.isEmpty() && place != Place.DONE) {
      switch (place) {
        case BODY -> take(in, Integer.MAX_VALUE);
        case CHUNK -> {
          chunkLeft -= take(in, chunkLeft);
          if (chunkLeft == 0) {
            place = Place.CHUNK_END;
          }
        }
        default -> readLine(in);
      }
    }
    if (broken.isPresent()) {
      return new Progress.Broken(broken.get());
    }
    if (place == Place.BODY && length >= 0 && body.size() >= length && !lengthReached) {
      lengthReached = true;
      // The length may be too short: if what there is makes no sense, more is waited for.
      return HttpAnswer.isWhole(reply().content())
          ? new Progress.Complete(reply())
          : new Progress.More();
    }
    return place == Place.DONE ? new Progress.Complete(reply()) : new Progress.More();
  }

  /** The connection has ended, or nobody wants to wait longer: what there is may be enough. */
  Progress end() {
    boolean hasHead = place.compareTo(Place.BODY) >= 0;
    boolean enough =
        hasHead
            && (place == Place.DONE
                || (length < 0 && !chunked && place == Place.BODY)
                || HttpAnswer.isWhole(reply().content()));
    return enough
        ? new Progress.Complete(reply())
        : new Progress.Broken("connection closed before the answer was complete");
  }

  private Reply reply() {
    return new Reply(status, location, cookies, encoding, body.toByteArray());
  }

  /** Takes bytes of the body; returns how many. */
  private int take(ByteBuf in, long atMost) {
    int taken = (int) Math.min(in.readableBytes(), atMost);
    if (body.size() + taken > HttpAnswer.MAX_BYTES) {
      broken = Optional.of("answer larger than 1 MiB refused");
      return taken;
    }
    byte[] bytes = new byte[taken];
    in.readBytes(bytes);
    body.writeBytes(bytes);
    return taken;
  }

  private void readLine(ByteBuf in) {
    while (in.isReadable()) {
      byte next = in.readByte();
      boolean ofChunk = place == Place.CHUNK_SIZE || place == Place.CHUNK_END;
      if (ofChunk ? line.size() > MAX_CHUNK_LINE_BYTES : ++headBytes > MAX_HEAD_BYTES) {
        broken =
            Optional.of(
                "answer has more than " + MAX_HEAD_BYTES / 1024 + " KiB of headers: refused");
        return;
      }
      if (next == '\n') {
        String text = line.toString(StandardCharsets.ISO_8859_1);
        line.reset();
        lineRead(text.endsWith("\r") ? text.substring(0, text.length() - 1) : text);
        return;
      }
      line.write(next);
      if (place == Place.FIRST_LINE && line.size() == 5 && !startsAsHttp()) {
        broken = Optional.of("answer is not HTTP");
        return;
      }
    }
  }

  private boolean startsAsHttp() {
    return line.toString(StandardCharsets.ISO_8859_1).equalsIgnoreCase("HTTP/");
  }

  private void lineRead(String text) {
    switch (place) {
      case FIRST_LINE -> firstLine(text);
      case HEADERS -> {
        if (text.isEmpty()) {
          headEnds();
        } else {
          header(text);
        }
      }
      case CHUNK_SIZE -> chunkSize(text);
      case CHUNK_END -> place = Place.CHUNK_SIZE;
      case TRAILERS -> {
        if (text.isEmpty()) {
          place = Place.DONE;
        }
      }
      case BODY, CHUNK, DONE -> throw new IllegalStateException("a line in " + place);
    }
  }

  private void firstLine(String text) {
    if (text.isBlank()) {
      return; // RFC 9112, 2.2: left over from whatever came before
    }
    String[] words = text.strip().split("[ \t]+", 3);
    if (words.length < 2
        || !words[0].matches("(?i)HTTP/[0-9](\\.[0-9])?")
        || !words[1].matches("[1-9][0-9]{2}")) {
      broken = Optional.of("answer is not HTTP");
      return;
    }
    status = Integer.parseInt(words[1]);
    location = Optional.empty();
    encoding = "";
    length = -1;
    chunked = false;
    place = Place.HEADERS;
  }

  private void header(String text) {
    int colon = text.indexOf(':');
    if (colon <= 0 || text.charAt(0) == ' ' || text.charAt(0) == '\t') {
      return; // no header, or the rest of one that was folded
    }
    String value = text.substring(colon + 1).strip();
    switch (text.substring(0, colon).strip().toLowerCase(Locale.ROOT)) {
      // Of several the first that is a number counts; it is only a hint.
      case "content-length" -> length = length < 0 ? number(value) : length;
      case "transfer-encoding" -> chunked |= value.toLowerCase(Locale.ROOT).contains("chunked");
      case "content-encoding" -> encoding = value.toLowerCase(Locale.ROOT);
      case "location" -> location = Optional.of(ascii(value)).filter(it -> !it.isEmpty());
      case "set-cookie" -> {
        if (cookies.size() < MAX_COOKIES) {
          cookies.add(value);
        }
      }
      default -> {}
    }
  }

  private void headEnds() {
    if (status < 200 && status != 101) {
      place = Place.FIRST_LINE; // an interim answer
    } else if (isRedirect() || status == 204 || status == 304 || status == 101) {
      place = Place.DONE;
    } else if (chunked) {
      place = Place.CHUNK_SIZE;
    } else {
      place = length == 0 ? Place.DONE : Place.BODY;
    }
  }

  private boolean isRedirect() {
    boolean redirect =
        status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
    if (!redirect) {
      location = Optional.empty();
    }
    return location.isPresent();
  }

  private void chunkSize(String text) {
    int extension = text.indexOf(';');
    String digits = (extension < 0 ? text : text.substring(0, extension)).strip();
    if (!digits.matches("[0-9A-Fa-f]{1,8}")) {
      broken = Optional.of("answer is not HTTP: a chunk without a size");
      return;
    }
    chunkLeft = Long.parseLong(digits, 16);
    place = chunkLeft == 0 ? Place.TRAILERS : Place.CHUNK;
  }

  private static long number(String text) {
    return text.matches("[0-9]{1,15}") ? Long.parseLong(text) : -1;
  }

  /** What is not ASCII is taken as UTF-8, or else escaped byte by byte. */
  private static String ascii(String latin1) {
    byte[] bytes = latin1.getBytes(StandardCharsets.ISO_8859_1);
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      StringBuilder escaped = new StringBuilder();
      for (byte each : bytes) {
        if (each > 0) {
          escaped.append((char) each);
        } else {
          escaped.append('%').append(HEX.toHexDigits(each));
        }
      }
      return escaped.toString();
    }
  }
}
