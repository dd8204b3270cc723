package dev.piecework.swarm;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Finds out who sent corrupt data when a piece came from several peers. When a piece fails its
 * hash, the SHA-1 of each block is kept with the peer that sent it; when the piece later passes,
 * whoever had sent other bytes is known for certain. Until then the contributors are suspects, who
 * are best given whole pieces alone.
 *
 * <p>Used by the torrent's owner thread alone. Memory is bounded: beyond the limit, the evidence of
 * the piece that failed longest ago is dropped.
 *
 * @param <P> what names a peer; best its address, so that a new connection does not clear it
 */
public final class SmartBan<P> {
  /** Blocks remembered unless set otherwise: some 100 bytes each. */
  public static final int DEFAULT_MAX_BLOCKS = 8192;

  private final int maxBlocks;
  private final MessageDigest sha1;
  private final Map<Integer, List<Evidence<P>>> failedPieces = new LinkedHashMap<>();
  private int blocks;

  /** With {@link #DEFAULT_MAX_BLOCKS}. */
  public SmartBan() {
    this(DEFAULT_MAX_BLOCKS);
  }

  /**
   * @param maxBlocks most block hashes kept; at least 1
   */
  public SmartBan(int maxBlocks) {
    this.maxBlocks = Math.max(1, maxBlocks);
    try {
      this.sha1 = MessageDigest.getInstance("SHA-1");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-1", e);
    }
  }

  /**
   * A piece has failed its hash.
   *
   * @param data the whole piece, from position to limit; left as it was
   * @param blockLength bytes in each block but the last
   * @param contributors who sent each block, in order of the blocks
   * @return who is already known to be guilty: the only contributor, or one who now sent other
   *     bytes for a block than before
   */
  public Set<P> pieceFailed(int piece, ByteBuffer data, int blockLength, List<P> contributors) {
    Set<P> guilty = new HashSet<>();
    if (!contributors.isEmpty() && new HashSet<>(contributors).size() == 1) {
      guilty.add(contributors.getFirst());
    }
    List<Evidence<P>> earlier = failedPieces.remove(piece);
    List<Evidence<P>> kept = earlier == null ? new ArrayList<>() : earlier;
    blocks -= kept.size();
    for (int block = 0; block < contributors.size(); block++) {
      P peer = contributors.get(block);
      ByteBuffer hash = hash(data, block, blockLength);
      boolean known = false;
      for (Evidence<P> evidence : kept) {
        if (evidence.block == block && evidence.peer.equals(peer)) {
          known = true;
          if (!evidence.sha1.equals(hash)) {
            guilty.add(peer);
          }
        }
      }
      if (!known && kept.size() < maxBlocks) {
        kept.add(new Evidence<>(block, blockLength, peer, hash));
      }
    }
    failedPieces.put(piece, kept);
    blocks += kept.size();
    dropOldest();
    return guilty;
  }

  /**
   * A piece has passed its hash. Cheap when it never failed. Ends the suspicion that this piece
   * threw on its contributors.
   *
   * @param data the whole piece, from position to limit; left as it was
   * @return who had sent other bytes for one of its blocks
   */
  public Set<P> piecePassed(int piece, ByteBuffer data) {
    List<Evidence<P>> kept = failedPieces.remove(piece);
    if (kept == null) {
      return Set.of();
    }
    blocks -= kept.size();
    Set<P> guilty = new HashSet<>();
    for (Evidence<P> evidence : kept) {
      if (!evidence.sha1.equals(hash(data, evidence.block, evidence.blockLength))) {
        guilty.add(evidence.peer);
      }
    }
    return guilty;
  }

  /** Whether a peer contributed to a piece that failed and has not passed since. */
  public boolean suspect(P peer) {
    for (List<Evidence<P>> kept : failedPieces.values()) {
      for (Evidence<P> evidence : kept) {
        if (evidence.peer.equals(peer)) {
          return true;
        }
      }
    }
    return false;
  }

  /** Whether {@link #piecePassed} wants this piece's data: it has failed before. */
  public boolean hasFailed(int piece) {
    return failedPieces.containsKey(piece);
  }

  private void dropOldest() {
    Iterator<List<Evidence<P>>> oldest = failedPieces.values().iterator();
    while (blocks > maxBlocks && oldest.hasNext()) {
      blocks -= oldest.next().size();
      oldest.remove();
    }
  }

  private ByteBuffer hash(ByteBuffer data, int block, int blockLength) {
    int from = block * blockLength;
    int length = Math.clamp(data.remaining() - (long) from, 0, blockLength);
    if (length > 0) {
      sha1.update(data.slice(data.position() + from, length));
    }
    return ByteBuffer.wrap(sha1.digest());
  }

  private record Evidence<P>(int block, int blockLength, P peer, ByteBuffer sha1) {}
}
