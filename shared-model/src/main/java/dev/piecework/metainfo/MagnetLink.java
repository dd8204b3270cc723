package dev.piecework.metainfo;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * A magnet link (BEP 9, BEP 53). Parameters that only help (trackers, web seeds, peers) are left
 * out where they cannot be used; what names the torrent must be right.
 *
 * @param infoHash the v1 info-hash ({@code xt=urn:btih:})
 * @param v2 whether the link names a v2 info-hash as well ({@code xt=urn:btmh:})
 * @param displayName {@code dn}, as written, for people until the metadata is there
 * @param trackers {@code tr} in the order of the link, without duplicates, 200 at most
 * @param webSeeds {@code ws}, likewise
 * @param peers {@code x.pe} as {@code host:port}, likewise
 * @param selectedFiles {@code so}: the files wanted, as ranges of indices; empty if all are
 */
public record MagnetLink(
    InfoHash infoHash,
    boolean v2,
    Optional<String> displayName,
    List<String> trackers,
    List<String> webSeeds,
    List<String> peers,
    List<FileRange> selectedFiles) {
  private static final int MAX_LENGTH = 64 << 10;
  private static final int MAX_RANGES = 10_000;
  private static final String PREFIX = "magnet:?";
  private static final String BTIH = "urn:btih:";
  private static final String BTMH = "urn:btmh:";

  /** Multihash of SHA-256: 0x12, length 0x20, then the hash. */
  private static final String SHA256_MULTIHASH = "1220";

  private static final String BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

  /** Copies the lists. */
  public MagnetLink {
    trackers = List.copyOf(trackers);
    webSeeds = List.copyOf(webSeeds);
    peers = List.copyOf(peers);
    selectedFiles = List.copyOf(selectedFiles);
  }

  /**
   * Files {@code first} to {@code last}, both included, by index from 0 (BEP 53).
   *
   * @param first not negative
   * @param last not less than {@code first}
   */
  public record FileRange(int first, int last) {
    /** Whether a file is in the range. */
    public boolean contains(int fileIndex) {
      return fileIndex >= first && fileIndex <= last;
    }
  }

  /** Whether the link asks for this file. */
  public boolean wants(int fileIndex) {
    return selectedFiles.isEmpty()
        || selectedFiles.stream().anyMatch(range -> range.contains(fileIndex));
  }

  /**
   * Parses a link.
   *
   * @param uri {@code magnet:?xt=urn:btih:<40 hexadecimal or 32 base32 characters>&...}
   * @throws MagnetLinkException if it is none, or names no v1 torrent
   */
  public static MagnetLink parse(String uri) throws MagnetLinkException {
    if (uri.length() > MAX_LENGTH) {
      throw new MagnetLinkException(
          "a magnet link of %d characters, at most %d are accepted"
              .formatted(uri.length(), MAX_LENGTH));
    }
    if (!uri.regionMatches(true, 0, PREFIX, 0, PREFIX.length())) {
      throw new MagnetLinkException(
          "expected magnet:?xt=urn:btih:..., found a text that begins with '%s'"
              .formatted(start(uri)));
    }
    Parser parser = new Parser();
    for (String parameter : uri.substring(PREFIX.length()).split("&", -1)) {
      int equals = parameter.indexOf('=');
      if (equals > 0) {
        parser.accept(key(parameter.substring(0, equals)), decode(parameter.substring(equals + 1)));
      }
    }
    return parser.result();
  }

  /** Lower case, and without the number of a repeated parameter: {@code xt.1}, {@code tr.2}. */
  private static String key(String written) {
    String lower = written.toLowerCase(Locale.ROOT);
    int dot = lower.lastIndexOf('.');
    boolean numbered =
        dot > 0
            && dot < lower.length() - 1
            && lower.substring(dot + 1).chars().allMatch(c -> c >= '0' && c <= '9');
    return numbered ? lower.substring(0, dot) : lower;
  }

  private static String start(String text) {
    return PathSanitizer.text(
        text.substring(0, Math.min(20, text.length())).getBytes(StandardCharsets.UTF_8));
  }

  private static String decode(String value) throws MagnetLinkException {
    byte[] raw = value.getBytes(StandardCharsets.UTF_8);
    ByteBuffer decoded = ByteBuffer.allocate(raw.length);
    for (int i = 0; i < raw.length; i++) {
      if (raw[i] == '%') {
        if (i + 2 >= raw.length || !hex(raw[i + 1]) || !hex(raw[i + 2])) {
          throw new MagnetLinkException(
              "expected two hexadecimal digits after %% in '%s'".formatted(start(value)));
        }
        decoded.put(
            (byte) (HexFormat.fromHexDigit(raw[i + 1]) << 4 | HexFormat.fromHexDigit(raw[i + 2])));
        i += 2;
      } else {
        decoded.put(raw[i] == '+' ? (byte) ' ' : raw[i]);
      }
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(decoded.flip()).toString();
    } catch (CharacterCodingException e) {
      throw new MagnetLinkException("'%s' is not UTF-8".formatted(start(value)));
    }
  }

  private static boolean hex(byte digit) {
    return HexFormat.isHexDigit(digit);
  }

  /** Collects parameters. */
  private static final class Parser {
    private Optional<InfoHash> infoHash = Optional.empty();
    private boolean v2;
    private Optional<String> displayName = Optional.empty();
    private final Set<String> trackers = new LinkedHashSet<>();
    private final Set<String> webSeeds = new LinkedHashSet<>();
    private final Set<String> peers = new LinkedHashSet<>();
    private final List<FileRange> selected = new ArrayList<>();

    void accept(String key, String value) throws MagnetLinkException {
      switch (key) {
        case "xt" -> topic(value);
        case "dn" ->
            displayName = displayName.or(() -> Optional.of(value)).filter(name -> !name.isEmpty());
        case "tr" -> Sources.tracker(value).ifPresent(url -> add(trackers, url));
        case "ws" -> Sources.webSeed(value, false).ifPresent(url -> add(webSeeds, url));
        case "x.pe" -> peer(value).ifPresent(peer -> add(peers, peer));
        case "so" -> selectFiles(value);
        default -> {
          // Other parameters of magnet links mean other networks.
        }
      }
    }

    private static void add(Set<String> set, String value) {
      if (set.size() < Sources.MAX_URLS) {
        set.add(value);
      }
    }

    private void topic(String value) throws MagnetLinkException {
      if (value.regionMatches(true, 0, BTIH, 0, BTIH.length())) {
        InfoHash hash = infoHash(value.substring(BTIH.length()));
        if (infoHash.isPresent() && !infoHash.get().equals(hash)) {
          throw new MagnetLinkException(
              "two torrents in one link, %s and %s, expected one".formatted(infoHash.get(), hash));
        }
        infoHash = Optional.of(hash);
      } else if (value.regionMatches(true, 0, BTMH, 0, BTMH.length())) {
        String multihash = value.substring(BTMH.length());
        if (!multihash.matches("(?i)" + SHA256_MULTIHASH + "[0-9a-f]{64}")) {
          throw new MagnetLinkException(
              "urn:btmh: expected 1220 and 64 hexadecimal digits (SHA-256), found %d characters"
                  .formatted(multihash.length()));
        }
        v2 = true;
      }
    }

    private static InfoHash infoHash(String text) throws MagnetLinkException {
      if (text.matches("[0-9a-fA-F]{40}")) {
        return InfoHash.fromHex(text);
      }
      if (text.matches("[a-zA-Z2-7]{32}")) {
        return InfoHash.of(base32(text));
      }
      throw new MagnetLinkException(
          "urn:btih: expected 40 hexadecimal digits or 32 characters of base32, found %d characters"
              .formatted(text.length()));
    }

    private static byte[] base32(String text) {
      byte[] bytes = new byte[InfoHash.LENGTH];
      for (int i = 0; i < text.length(); i++) {
        int value = BASE32.indexOf(Character.toUpperCase(text.charAt(i)));
        for (int bit = 0; bit < 5; bit++) {
          if ((value >> (4 - bit) & 1) == 1) {
            int at = i * 5 + bit;
            bytes[at / 8] |= (byte) (0x80 >> at % 8);
          }
        }
      }
      return bytes;
    }

    /** {@code host:port}, {@code 1.2.3.4:port} or {@code [v6]:port}. */
    private static Optional<String> peer(String text) {
      int colon = text.lastIndexOf(':');
      if (colon < 1 || text.length() > 300 || !text.substring(colon + 1).matches("[0-9]{1,5}")) {
        return Optional.empty();
      }
      int port = Integer.parseInt(text.substring(colon + 1));
      String host = text.substring(0, colon);
      boolean usable = host.matches("[A-Za-z0-9._-]+") || host.matches("\\[[0-9A-Fa-f:.]+]");
      return usable && port > 0 && port <= 65535 ? Optional.of(text) : Optional.empty();
    }

    private void selectFiles(String value) throws MagnetLinkException {
      for (String range : value.split(",", -1)) {
        if (!range.matches("[0-9]{1,9}(-[0-9]{1,9})?") || selected.size() == MAX_RANGES) {
          throw new MagnetLinkException(
              "so: expected file numbers and ranges such as 0,2,4-7, found '%s'"
                  .formatted(start(value)));
        }
        int dash = range.indexOf('-');
        int first = Integer.parseInt(dash < 0 ? range : range.substring(0, dash));
        int last = dash < 0 ? first : Integer.parseInt(range.substring(dash + 1));
        if (last < first) {
          throw new MagnetLinkException(
              "so: %s ends before it begins, expected the smaller number first".formatted(range));
        }
        selected.add(new FileRange(first, last));
      }
    }

    MagnetLink result() throws MagnetLinkException {
      if (infoHash.isEmpty()) {
        throw new MagnetLinkException(
            v2
                ? "only a v2 info-hash (urn:btmh:, BEP 52), expected also urn:btih: as v1 and hybrid torrents have it"
                : "no xt=urn:btih: parameter, so the link names no torrent");
      }
      return new MagnetLink(
          infoHash.get(),
          v2,
          displayName,
          List.copyOf(trackers),
          List.copyOf(webSeeds),
          List.copyOf(peers),
          selected);
    }
  }
}
