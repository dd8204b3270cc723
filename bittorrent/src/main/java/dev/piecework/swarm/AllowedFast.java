package dev.piecework.swarm;

import dev.piecework.metainfo.InfoHash;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;

/**
 * The pieces that a peer may have from us although it is choked (BEP 6, canonical algorithm): they
 * follow from its address, so that a peer cannot get more by asking several of us.
 */
public final class AllowedFast {
  /** Pieces in a set: few enough not to be abused, enough to begin trading with. */
  public static final int SIZE = 10;

  private AllowedFast() {}

  /**
   * The set in the order the algorithm finds it.
   *
   * @param peer the peer's address as we see it; an IPv6 peer gets none, as BEP 6 defines the set
   *     for IPv4 only
   * @param pieceCount pieces of the torrent
   * @param size how many to find; no more than there are pieces
   */
  public static int[] of(InetAddress peer, InfoHash infoHash, int pieceCount, int size) {
    if (!(peer instanceof Inet4Address) || pieceCount <= 0 || size <= 0) {
      return new int[0];
    }
    int wanted = Math.min(size, pieceCount);
    int[] found = new int[wanted];
    int count = 0;
    byte[] seed = Arrays.copyOf(peer.getAddress(), 4 + InfoHash.LENGTH);
    seed[3] = 0; // one set for a whole /24: addresses are cheap inside it
    System.arraycopy(infoHash.bytes(), 0, seed, 4, InfoHash.LENGTH);
    MessageDigest sha1 = sha1();
    while (count < wanted) {
      seed = sha1.digest(seed);
      for (int at = 0; at < seed.length && count < wanted; at += 4) {
        int piece = Integer.remainderUnsigned(word(seed, at), pieceCount);
        if (!contains(found, count, piece)) {
          found[count++] = piece;
        }
      }
    }
    return found;
  }

  private static int word(byte[] bytes, int at) {
    return (bytes[at] & 0xff) << 24
        | (bytes[at + 1] & 0xff) << 16
        | (bytes[at + 2] & 0xff) << 8
        | (bytes[at + 3] & 0xff);
  }

  private static boolean contains(int[] values, int count, int value) {
    for (int i = 0; i < count; i++) {
      if (values[i] == value) {
        return true;
      }
    }
    return false;
  }

  private static MessageDigest sha1() {
    try {
      return MessageDigest.getInstance("SHA-1");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-1", e);
    }
  }
}
