package dev.piecework.swarm;

/** Says whether there is room for what a bundle needs, and takes it if so. Must return at once. */
@FunctionalInterface
public interface BundleRoom {
  /**
   * Asked before a bundle is opened.
   *
   * @param firstPiece its first piece
   * @param lastPiece its last piece, inclusive
   * @param must whether it is opened whatever the answer is
   */
  boolean make(int firstPiece, int lastPiece, boolean must);
}
