package dev.piecework.wire;

import io.netty.buffer.ByteBuf;

/**
 * Takes a peer's messages in the order they arrive. Numbers are as received: the sink checks them
 * against the torrent. A {@code piece} message comes in portions, so that its bytes can go straight
 * to where they belong: {@link #pieceStart}, {@link #pieceBytes} until all are there, {@link
 * #pieceEnd}.
 */
public interface MessageSink {
  /** Nothing but a sign of life. */
  void keepAlive() throws WireException;

  /** The peer will not answer requests. */
  void choke() throws WireException;

  /** The peer will answer requests. */
  void unchoke() throws WireException;

  /** The peer wants something of us. */
  void interested() throws WireException;

  /** The peer wants nothing of us. */
  void notInterested() throws WireException;

  /** The peer has got a piece. */
  void have(int piece) throws WireException;

  /**
   * What the peer has.
   *
   * @param bits one bit per piece; valid during the call only
   */
  void bitfield(ByteBuf bits) throws WireException;

  /** The peer asks for a block. */
  void request(int piece, int offset, int length) throws WireException;

  /** The peer takes a request back. */
  void cancel(int piece, int offset, int length) throws WireException;

  /** A block begins. */
  void pieceStart(int piece, int offset, int length) throws WireException;

  /**
   * More of the block that has begun.
   *
   * @param from exactly {@code count} bytes are to be consumed from here
   */
  void pieceBytes(ByteBuf from, int count);

  /** The block that has begun is there as a whole. */
  void pieceEnd() throws WireException;

  /** The peer would like us to ask for a piece (BEP 6). */
  void suggest(int piece) throws WireException;

  /** The peer has every piece (BEP 6). */
  void haveAll() throws WireException;

  /** The peer has no piece (BEP 6). */
  void haveNone() throws WireException;

  /** The peer will not answer a request (BEP 6). */
  void reject(int piece, int offset, int length) throws WireException;

  /** The peer will answer requests for this piece although it chokes us (BEP 6). */
  void allowedFast(int piece) throws WireException;

  /**
   * A message of the extension protocol (BEP 10).
   *
   * @param id 0 for its handshake, else what we announced in ours
   * @param payload valid during the call only
   */
  void extended(int id, ByteBuf payload) throws WireException;
}
