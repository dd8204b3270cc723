package dev.piecework.bencode;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/** Writes canonical bencoding (BEP 3): keys sorted as raw bytes, whatever order they come in. */
public final class BencodeWriter {
  private BencodeWriter() {}

  /** An empty dictionary to fill. */
  public static DictionaryWriter dictionary() {
    return new DictionaryWriter();
  }

  /** An empty list to fill. */
  public static ListWriter list() {
    return new ListWriter();
  }

  private static byte[] integer(long value) {
    return ("i" + value + "e").getBytes(StandardCharsets.US_ASCII);
  }

  private static byte[] string(byte[] content) {
    byte[] header = (content.length + ":").getBytes(StandardCharsets.US_ASCII);
    byte[] encoded = Arrays.copyOf(header, header.length + content.length);
    System.arraycopy(content, 0, encoded, header.length, content.length);
    return encoded;
  }

  private static byte[] string(String text) {
    return string(text.getBytes(StandardCharsets.UTF_8));
  }

  /** A dictionary under construction; putting a key again replaces its value. */
  public static final class DictionaryWriter {
    private final TreeMap<byte[], byte[]> entries = new TreeMap<>(Arrays::compareUnsigned);

    private DictionaryWriter() {}

    /** Puts a number. */
    public DictionaryWriter put(String key, long value) {
      return putEncoded(key, integer(value));
    }

    /** Puts a string of UTF-8. */
    public DictionaryWriter put(String key, String text) {
      return putEncoded(key, string(text));
    }

    /** Puts a string of bytes. */
    public DictionaryWriter put(String key, byte[] content) {
      return putEncoded(key, string(content));
    }

    /** Puts a list as it is now. */
    public DictionaryWriter put(String key, ListWriter list) {
      return putEncoded(key, list.encode());
    }

    /** Puts a dictionary as it is now. */
    public DictionaryWriter put(String key, DictionaryWriter dictionary) {
      return putEncoded(key, dictionary.encode());
    }

    /** Puts bytes that are bencoding already, such as a raw info dictionary, as they are. */
    public DictionaryWriter putEncoded(String key, byte[] encoded) {
      return putEncoded(key.getBytes(StandardCharsets.UTF_8), encoded);
    }

    /** The same for a key that is no text, such as an info-hash in a scrape answer (BEP 48). */
    public DictionaryWriter putEncoded(byte[] key, byte[] encoded) {
      entries.put(key.clone(), encoded.clone());
      return this;
    }

    /** The canonical bytes. */
    public byte[] encode() {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      out.write('d');
      for (Map.Entry<byte[], byte[]> entry : entries.entrySet()) {
        out.writeBytes(string(entry.getKey()));
        out.writeBytes(entry.getValue());
      }
      out.write('e');
      return out.toByteArray();
    }
  }

  /** A list under construction. */
  public static final class ListWriter {
    private final ByteArrayOutputStream elements = new ByteArrayOutputStream();

    private ListWriter() {}

    /** Adds a number. */
    public ListWriter add(long value) {
      return addEncoded(integer(value));
    }

    /** Adds a string of UTF-8. */
    public ListWriter add(String text) {
      return addEncoded(string(text));
    }

    /** Adds a string of bytes. */
    public ListWriter add(byte[] content) {
      return addEncoded(string(content));
    }

    /** Adds a list as it is now. */
    public ListWriter add(ListWriter list) {
      return addEncoded(list.encode());
    }

    /** Adds a dictionary as it is now. */
    public ListWriter add(DictionaryWriter dictionary) {
      return addEncoded(dictionary.encode());
    }

    /** Adds bytes that are bencoding already. */
    public ListWriter addEncoded(byte[] encoded) {
      elements.writeBytes(encoded);
      return this;
    }

    /** The canonical bytes. */
    public byte[] encode() {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      out.write('l');
      out.writeBytes(elements.toByteArray());
      out.write('e');
      return out.toByteArray();
    }
  }
}
