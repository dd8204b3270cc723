package dev.piecework.swarm;

import dev.piecework.layout.Bundle;
import java.util.BitSet;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Decides which piece to begin next. Pieces come from open bundles only, the rarest first. A bundle
 * is opened when a peer finds nothing to begin in the open ones: while they are fewer bytes than
 * the window; or, up to a second and higher limit, when what they still miss is nothing that this
 * peer has. When all they miss is durability, nothing is opened: so a slow object store slows the
 * download down. So does storage without room: the picker asks before it opens a bundle. Bundles
 * that share a piece with one that was begun come first, because storage keeps that piece for them.
 *
 * <p>Pure: no sockets, no clock, randomness injected. Used by the torrent's owner thread alone.
 * Nothing here is done per block.
 */
public final class PiecePicker {
  /** Bundles that are chosen at random before rarity counts: one's first pieces are for trading. */
  private static final int RANDOM_BUNDLES = 4;

  /** Added to the key of bundles without a piece in storage: more than any number of copies. */
  private static final int UNTOUCHED = 1 << 28;

  private static final byte NOT_WANTED = 0;
  private static final byte MISSING = 1;
  private static final byte ACTIVE = 2;
  private static final byte CHECKING = 3;
  private static final byte HAVE = 4;

  private final byte[] states;
  private final PieceSet needed;
  private final PieceSet have;
  private final Availability availability;
  private final BundleWindow window;
  private final long windowBytes;
  private final long starvedWindowBytes;
  private final RandomGenerator random;
  private final CandidatePieces candidates;
  private int checking;
  private int opened;
  private int version;
  private long steps;

  /**
   * @param pieces pieces of the torrent
   * @param bundles all bundles of its layout
   * @param done bundles, by index, that need nothing
   * @param available pieces that are there already
   * @param windowBytes open bytes above which no bundle is opened
   * @param starvedWindowBytes the same, for a peer that has nothing of what is missing
   * @param availability who has what
   * @param random breaks ties
   */
  public PiecePicker(
      int pieces,
      List<Bundle> bundles,
      BitSet done,
      BitSet available,
      long windowBytes,
      long starvedWindowBytes,
      Availability availability,
      RandomGenerator random) {
    this.states = new byte[pieces];
    this.needed = new PieceSet(pieces);
    this.have = new PieceSet(pieces);
    this.availability = availability;
    this.window = new BundleWindow(bundles, done);
    this.windowBytes = windowBytes;
    this.starvedWindowBytes = Math.max(windowBytes, starvedWindowBytes);
    this.random = random;
    this.candidates = new CandidatePieces(this::isMissing, availability, random);
    for (int piece = available.nextSetBit(0);
        piece >= 0 && piece < pieces;
        piece = available.nextSetBit(piece + 1)) {
      states[piece] = HAVE;
      have.add(piece);
    }
    for (int slot = 0; slot < window.size(); slot++) {
      if (!window.done(slot)) {
        wantPieces(slot);
      }
    }
    openWhatWasBegun();
  }

  private void wantPieces(int slot) {
    for (int piece = window.firstPiece(slot); piece <= window.lastPiece(slot); piece++) {
      if (states[piece] == NOT_WANTED) {
        states[piece] = MISSING;
        needed.add(piece);
      }
    }
  }

  /** Bundles that an earlier attempt had begun hold space already: they come first. */
  private void openWhatWasBegun() {
    for (int slot = 0; slot < window.size(); slot++) {
      // A piece shared with a neighbour that is done says nothing about this bundle.
      int pieces = window.lastPiece(slot) - window.firstPiece(slot) + 1;
      int there = 0;
      for (int piece = window.firstPiece(slot); piece <= window.lastPiece(slot); piece++) {
        there += states[piece] == HAVE ? 1 : 0;
      }
      if (window.pending(slot) && (there == pieces || there > 2)) {
        open(slot);
      }
    }
  }

  /** Pieces that are to be downloaded and have not arrived: what makes a peer interesting. */
  public PieceSet needed() {
    return needed;
  }

  /** Pieces that storage can read: what we advertise and serve. */
  public PieceSet have() {
    return have;
  }

  /** Whether nothing is left to download or check. */
  public boolean finished() {
    return needed.count() == 0 && checking == 0;
  }

  /** Pieces that are not verified and stored yet, although a bundle needs them. */
  public int neededOrChecking() {
    return needed.count() + checking;
  }

  /** Changes whenever a pick that found nothing might find something. */
  public int version() {
    return version;
  }

  /** Pieces walked over so far: the measure of what messages cost. */
  long steps() {
    return steps + candidates.steps();
  }

  /** Whether a piece is to be downloaded and has not arrived as a whole. */
  public boolean isNeeded(int piece) {
    return states[piece] == MISSING || states[piece] == ACTIVE;
  }

  /** Whether a piece is to be downloaded and has not been begun. */
  boolean isMissing(int piece) {
    return states[piece] == MISSING;
  }

  /**
   * A piece to begin that this peer has; may open a bundle.
   *
   * @return its index, or -1 if there is none for this peer now
   */
  public int pick(PieceSet peer) {
    int piece = pickFromOpen(peer);
    if (piece >= 0 || !needed.intersects(peer)) {
      return piece;
    }
    if (mayOpen(peer)) {
      boolean anyone = opened < RANDOM_BUNDLES;
      int slot = window.leastPending(each -> rarity(each, peer, anyone), random);
      if (slot >= 0 && window.makeRoom(slot)) {
        open(slot);
        return pickFromOpen(peer);
      }
    }
    return -1;
  }

  private boolean mayOpen(PieceSet peer) {
    long open = window.openBytes();
    return !window.heldBack()
        && (window.openCount() == 0
            || open < windowBytes
            || (open < starvedWindowBytes && starved(peer)));
  }

  /** Whether open bundles miss pieces, and none of those is one that this peer has. */
  private boolean starved(PieceSet peer) {
    boolean missing = false;
    for (int slot = 0; slot < window.size(); slot++) {
      if (window.open(slot)) {
        for (int piece = window.firstPiece(slot); piece <= window.lastPiece(slot); piece++) {
          steps++;
          if (isNeeded(piece)) {
            if (peer.has(piece)) {
              return false;
            }
            missing = true;
          }
        }
      }
    }
    return missing;
  }

  /** Copies of its rarest missing piece; MAX_VALUE if the peer has none of the missing ones. */
  private int rarity(int slot, PieceSet peer, boolean anyone) {
    int first = window.firstPiece(slot);
    int last = window.lastPiece(slot);
    // Storage keeps a piece that bundles share until the last of them is done: such come first.
    int later = states[first] > MISSING || states[last] > MISSING ? 0 : UNTOUCHED;
    int rarest = UNTOUCHED - 1;
    boolean useful = false;
    for (int piece = first; piece <= last; piece++) {
      steps++;
      if (states[piece] == MISSING) {
        useful |= peer.has(piece);
        if (anyone && useful) {
          return later;
        }
        rarest = Math.min(rarest, availability.of(piece));
      }
    }
    return useful ? later + rarest : Integer.MAX_VALUE;
  }

  private void open(int slot) {
    window.begin(slot);
    opened++;
    version++;
    for (int piece = window.firstPiece(slot); piece <= window.lastPiece(slot); piece++) {
      if (states[piece] == MISSING) {
        candidates.add(piece);
      }
    }
  }

  /** As {@link #pick}, but never opens a bundle. */
  int pickFromOpen(PieceSet peer) {
    return candidates.rarestOf(peer);
  }

  /** Lets the next pick look at how rare pieces are now; to be called every second or so. */
  public void refresh() {
    candidates.rarityChanged();
    roomMade();
  }

  /** Whom to ask before a bundle is opened; before the first pick. */
  public void room(BundleRoom room) {
    window.room(room);
  }

  /** There may be room for a bundle again. */
  public void roomMade() {
    version += window.roomMade() ? 1 : 0;
  }

  /** A missing piece is being downloaded. */
  public void began(int piece) {
    move(piece, MISSING, ACTIVE);
  }

  /** A piece that was being downloaded has been given up, nothing of it is kept. */
  public void abandoned(int piece) {
    if (window.wants(piece)) {
      move(piece, ACTIVE, MISSING);
      missingAgain(piece);
    } else {
      move(piece, ACTIVE, NOT_WANTED);
      needed.remove(piece);
    }
  }

  /** A piece has arrived as a whole. */
  public void arrived(int piece) {
    move(piece, ACTIVE, CHECKING);
    needed.remove(piece);
    checking++;
  }

  /** A piece that had arrived has failed its hash. */
  public void failed(int piece) {
    checking--;
    if (window.wants(piece)) {
      move(piece, CHECKING, MISSING);
      needed.add(piece);
      missingAgain(piece);
    } else {
      move(piece, CHECKING, NOT_WANTED);
    }
  }

  /** A piece is verified and stored. */
  public void verified(int piece) {
    checking--;
    move(piece, CHECKING, HAVE);
    have.add(piece);
  }

  /** A bundle is durable: it leaves the window. */
  public void bundleDone(int bundle) {
    int slot = window.slot(bundle);
    if (slot < 0 || window.done(slot)) {
      return;
    }
    window.finish(slot);
    version++;
    for (int piece = window.firstPiece(slot); piece <= window.lastPiece(slot); piece++) {
      if (states[piece] == MISSING && !window.wants(piece)) {
        states[piece] = NOT_WANTED;
        needed.remove(piece);
      }
    }
  }

  /**
   * Storage no longer has a piece. If a bundle that is not done needs it, it is downloaded again.
   *
   * @return whether it was there
   */
  public boolean forget(int piece) {
    if (states[piece] != HAVE) {
      return false;
    }
    have.remove(piece);
    if (window.wants(piece)) {
      states[piece] = MISSING;
      needed.add(piece);
      missingAgain(piece);
    } else {
      states[piece] = NOT_WANTED;
    }
    return true;
  }

  /** Bytes of open bundles. */
  public long openBytes() {
    return window.openBytes();
  }

  private void missingAgain(int piece) {
    version++;
    if (window.inOpen(piece)) {
      candidates.add(piece);
    }
  }

  private void move(int piece, byte from, byte to) {
    if (states[piece] != from) {
      throw new IllegalStateException(
          "piece " + piece + " is in state " + states[piece] + ", expected " + from);
    }
    states[piece] = to;
  }
}
