package dev.piecework.metainfo;

import dev.piecework.bencode.BDictionary;
import dev.piecework.bencode.BList;
import dev.piecework.bencode.BString;
import dev.piecework.bencode.BValue;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Trackers (BEP 3, BEP 12) and web seeds (BEP 19) of a torrent file. They are hints: one that
 * cannot be used is left out, and never a reason to refuse the torrent.
 */
final class Sources {
  /** Most trackers, and most web seeds, that are kept. */
  static final int MAX_URLS = 200;

  private static final int MAX_URL_LENGTH = 4096;
  private static final Set<String> TRACKER_SCHEMES = Set.of("http", "https", "udp");
  private static final Set<String> WEB_SEED_SCHEMES = Set.of("http", "https");

  private Sources() {}

  /**
   * The tiers of {@code announce-list}, in which a URL where a list of them is due is a tier of its
   * own; if it has no usable URL, {@code announce}, however the two are nested.
   */
  static List<List<String>> trackers(BDictionary torrent) {
    List<List<String>> tiers = new ArrayList<>();
    Set<String> seen = new LinkedHashSet<>();
    torrent.list("announce-list").ifPresent(list -> addTiers(list, tiers, seen));
    for (String key : List.of("announce", "announce-list")) {
      if (tiers.isEmpty()) {
        torrent.list(key).ifPresent(list -> addTiers(list, tiers, seen));
        torrent.string(key).ifPresent(url -> addTier(url, tiers, seen));
      }
    }
    return tiers;
  }

  private static void addTiers(BList list, List<List<String>> tiers, Set<String> seen) {
    list.forEach(value -> addTier(value, tiers, seen));
  }

  private static void addTier(BValue value, List<List<String>> tiers, Set<String> seen) {
    List<String> tier = new ArrayList<>();
    switch (value) {
      case BList urls -> urls.forEach(url -> addTracker(url, tier, seen));
      default -> addTracker(value, tier, seen);
    }
    if (!tier.isEmpty()) {
      tiers.add(tier);
    }
  }

  private static void addTracker(BValue url, List<String> tier, Set<String> seen) {
    if (url instanceof BString string && seen.size() < MAX_URLS) {
      tracker(string.text()).filter(seen::add).ifPresent(tier::add);
    }
  }

  /** Tiers of one, from URLs in the order of preference. */
  static List<List<String>> tiers(Iterable<String> urls) {
    Set<String> seen = new LinkedHashSet<>();
    for (String url : urls) {
      if (seen.size() < MAX_URLS) {
        tracker(url).ifPresent(seen::add);
      }
    }
    return seen.stream().map(List::of).toList();
  }

  /** The URLs of {@code url-list}: one string, or a list of them. */
  static List<String> webSeeds(BDictionary torrent, boolean multiFile) {
    Set<String> seeds = new LinkedHashSet<>();
    Optional<BValue> urls = torrent.find("url-list");
    if (urls.isPresent() && urls.get() instanceof BString string) {
      webSeed(string.text(), multiFile).ifPresent(seeds::add);
    } else if (urls.isPresent() && urls.get() instanceof BList list) {
      for (BValue url : list) {
        if (url instanceof BString string && seeds.size() < MAX_URLS) {
          webSeed(string.text(), multiFile).ifPresent(seeds::add);
        }
      }
    }
    return List.copyOf(seeds);
  }

  /** A usable announce URL. */
  static Optional<String> tracker(String text) {
    return url(text.strip(), TRACKER_SCHEMES);
  }

  /** A web seed for several files is a folder: paths are put behind it (BEP 19). */
  static Optional<String> webSeed(String text, boolean multiFile) {
    String stripped = text.strip();
    return (stripped.indexOf('\ufffd') < 0
            ? url(escape(stripped), WEB_SEED_SCHEMES)
            : Optional.<String>empty())
        .map(url -> multiFile && !url.endsWith("/") ? url + "/" : url);
  }

  /** Spaces and what is not ASCII, percent-encoded: many write file names into URLs as they are. */
  private static String escape(String url) {
    StringBuilder escaped = new StringBuilder(url.length());
    for (byte value : url.getBytes(StandardCharsets.UTF_8)) {
      if (value == ' ' || value < 0) {
        escaped.append('%').append(HexFormat.of().withUpperCase().toHexDigits(value));
      } else {
        escaped.append((char) value);
      }
    }
    return escaped.toString();
  }

  private static Optional<String> url(String text, Set<String> schemes) {
    int colon = text.indexOf("://");
    boolean usable =
        colon > 0
            && text.length() > colon + 3
            && text.length() <= MAX_URL_LENGTH
            && text.charAt(colon + 3) != '/'
            && schemes.contains(text.substring(0, colon).toLowerCase(Locale.ROOT))
            && text.chars().noneMatch(c -> c <= ' ' || c == 0x7f || c == '\ufffd');
    return usable ? Optional.of(text) : Optional.empty();
  }
}
