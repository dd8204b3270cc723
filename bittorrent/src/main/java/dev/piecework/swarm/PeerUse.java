package dev.piecework.swarm;

/**
 * Whether a connection is of any use to either side, as its exchange of blocks shows; who is of
 * least use makes room when others wait. Pure; used by the torrent's owner thread alone.
 */
public final class PeerUse {
  /** Who waits for a turn, or lets us wait for one, may rest for so many trials. */
  private static final int WAITING_TRIALS = 3;

  /** Who has exchanged blocks may rest for so many trials. */
  private static final int PROVED_TRIALS = 6;

  private long exchangedBytes;
  private long lastUseNanos;
  private boolean theyLetUs;
  private boolean weLetThem;
  private boolean waiting;

  /**
   * @param connectedAtNanos when its handshake was done
   */
  public PeerUse(long connectedAtNanos) {
    this.lastUseNanos = connectedAtNanos;
  }

  /**
   * Takes in how the connection stands.
   *
   * @param bytes block bytes exchanged since it began, both ways
   * @param choked whether the peer chokes us
   * @param choking whether we choke the peer
   * @param weWant whether it has something that we need
   * @param theyWant whether it wants something that we have
   */
  public void update(
      long nowNanos,
      long bytes,
      boolean choked,
      boolean choking,
      boolean weWant,
      boolean theyWant) {
    if (bytes != exchangedBytes) {
      exchangedBytes = bytes;
      lastUseNanos = nowNanos;
    }
    // The first turn only: who chokes and unchokes without end must not look busy.
    if (!choked && !theyLetUs) {
      theyLetUs = true;
      lastUseNanos = nowNanos;
    }
    if (!choking && !weLetThem) {
      weLetThem = true;
      lastUseNanos = nowNanos;
    }
    waiting = (weWant && choked) || (theyWant && choking);
  }

  /** Whether it may be closed to make room: it had its chance and nothing came of it. */
  public boolean idle(long nowNanos, long trialNanos) {
    int trials = exchangedBytes > 0 ? PROVED_TRIALS : waiting ? WAITING_TRIALS : 1;
    return restedNanos(nowNanos) >= trials * trialNanos;
  }

  /** Of two idle ones, whether this one is of less use. */
  public boolean worseThan(PeerUse other, long nowNanos) {
    if ((exchangedBytes > 0) != (other.exchangedBytes > 0)) {
      return exchangedBytes == 0;
    }
    if (waiting != other.waiting) {
      return !waiting;
    }
    return restedNanos(nowNanos) > other.restedNanos(nowNanos);
  }

  private long restedNanos(long nowNanos) {
    return nowNanos - lastUseNanos;
  }
}
