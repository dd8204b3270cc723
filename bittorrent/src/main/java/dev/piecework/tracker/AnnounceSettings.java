package dev.piecework.tracker;

import dev.piecework.metainfo.InfoHash;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;

/** What one torrent says of itself to its trackers. */
public final class AnnounceSettings {
  private static final int PEER_ID_BYTES = 20;

  private final InfoHash infoHash;
  private final byte[] peerId;
  private final int port;
  private final List<List<String>> tiers;
  private final int wanted;
  private final int key;
  private final Optional<InetAddress> announcedAddress;

  /**
   * @param infoHash the torrent
   * @param peerId the 20 bytes of our handshake (BEP 20)
   * @param port TCP port that peers reach us on
   * @param tiers announce URLs as they stand in the metainfo (BEP 12)
   * @param wanted peers to ask for in each announce ({@code numwant}); 200 is what trackers give at
   *     most
   * @param key random, kept for the torrent's life, so that a tracker knows us again when our
   *     address changes (BEP 7, BEP 15)
   * @param announcedAddress address to tell (HTTP parameter {@code ip}); empty: what they see
   */
  public AnnounceSettings(
      InfoHash infoHash,
      byte[] peerId,
      int port,
      List<List<String>> tiers,
      int wanted,
      int key,
      Optional<InetAddress> announcedAddress) {
    if (peerId.length != PEER_ID_BYTES) {
      throw new IllegalArgumentException("a peer id has 20 bytes, not " + peerId.length);
    }
    this.infoHash = infoHash;
    this.peerId = peerId.clone();
    this.port = port;
    this.tiers = tiers.stream().map(List::copyOf).toList();
    this.wanted = wanted;
    this.key = key;
    this.announcedAddress = announcedAddress;
  }

  /** The torrent. */
  public InfoHash infoHash() {
    return infoHash;
  }

  /** A copy of the 20 bytes. */
  public byte[] peerId() {
    return peerId.clone();
  }

  /** TCP port that peers reach us on. */
  public int port() {
    return port;
  }

  /** Announce URLs in tiers. */
  public List<List<String>> tiers() {
    return tiers;
  }

  /** Peers to ask for in each announce. */
  public int wanted() {
    return wanted;
  }

  /** What a tracker knows us again by. */
  public int key() {
    return key;
  }

  /** Address to tell. */
  public Optional<InetAddress> announcedAddress() {
    return announcedAddress;
  }
}
