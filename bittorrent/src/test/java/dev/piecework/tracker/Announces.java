package dev.piecework.tracker;

import dev.piecework.metainfo.InfoHash;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/** Announces for tests. */
final class Announces {
  static final InfoHash INFO_HASH = InfoHash.fromHex("0123456789abcdef0123456789abcdef01234567");

  private Announces() {}

  static AnnounceSettings settings(List<List<String>> tiers) {
    return settings(tiers, "-PW0100-abcdefghijkl", 6881);
  }

  static AnnounceSettings settings(List<List<String>> tiers, String peerId, int port) {
    return new AnnounceSettings(
        INFO_HASH,
        peerId.getBytes(StandardCharsets.US_ASCII),
        port,
        tiers,
        50,
        0x0badcafe,
        Optional.empty());
  }

  static AnnounceRequest started() {
    return new AnnounceRequest(
        settings(List.of()), new Totals(11, 22, 33), AnnounceEvent.STARTED, 50, "");
  }
}
