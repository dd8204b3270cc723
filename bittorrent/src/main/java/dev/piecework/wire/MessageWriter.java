package dev.piecework.wire;

import io.netty.buffer.ByteBuf;

/** Appends messages to a buffer (BEP 3, 6, 10). */
public final class MessageWriter {
  /** Bytes of a {@code piece} message before its block. */
  public static final int PIECE_HEADER = 13;

  /** Bytes of a request on the wire. */
  public static final int REQUEST_LENGTH = 17;

  private MessageWriter() {}

  /** Nothing but a sign of life. */
  public static void keepAlive(ByteBuf out) {
    out.writeInt(0);
  }

  /** We will not answer requests. */
  public static void choke(ByteBuf out) {
    simple(out, MessageId.CHOKE);
  }

  /** We will answer requests. */
  public static void unchoke(ByteBuf out) {
    simple(out, MessageId.UNCHOKE);
  }

  /** We want something. */
  public static void interested(ByteBuf out) {
    simple(out, MessageId.INTERESTED);
  }

  /** We want nothing. */
  public static void notInterested(ByteBuf out) {
    simple(out, MessageId.NOT_INTERESTED);
  }

  /** We have got a piece. */
  public static void have(ByteBuf out, int piece) {
    out.writeInt(5).writeByte(MessageId.HAVE).writeInt(piece);
  }

  /**
   * What we have.
   *
   * @param bits one bit per piece, the first piece in the highest bit of the first byte
   */
  public static void bitfield(ByteBuf out, byte[] bits) {
    out.writeInt(1 + bits.length).writeByte(MessageId.BITFIELD).writeBytes(bits);
  }

  /** We have every piece (BEP 6). */
  public static void haveAll(ByteBuf out) {
    simple(out, MessageId.HAVE_ALL);
  }

  /** We have no piece (BEP 6). */
  public static void haveNone(ByteBuf out) {
    simple(out, MessageId.HAVE_NONE);
  }

  /** We ask for a block. */
  public static void request(ByteBuf out, int piece, int offset, int length) {
    block(out, MessageId.REQUEST, piece, offset, length);
  }

  /** We take a request back. */
  public static void cancel(ByteBuf out, int piece, int offset, int length) {
    block(out, MessageId.CANCEL, piece, offset, length);
  }

  /** We will not answer a request (BEP 6). */
  public static void reject(ByteBuf out, int piece, int offset, int length) {
    block(out, MessageId.REJECT, piece, offset, length);
  }

  /** We will answer requests for this piece although we choke (BEP 6). */
  public static void allowedFast(ByteBuf out, int piece) {
    out.writeInt(5).writeByte(MessageId.ALLOWED_FAST).writeInt(piece);
  }

  /** What precedes the {@code length} bytes of a block. */
  public static void pieceHeader(ByteBuf out, int piece, int offset, int length) {
    out.writeInt(PIECE_HEADER - 4 + length)
        .writeByte(MessageId.PIECE)
        .writeInt(piece)
        .writeInt(offset);
  }

  /** A message of the extension protocol (BEP 10). */
  public static void extended(ByteBuf out, int id, byte[] payload) {
    extendedHeader(out, id, payload.length);
    out.writeBytes(payload);
  }

  /** What precedes the {@code length} bytes of a message of the extension protocol (BEP 10). */
  public static void extendedHeader(ByteBuf out, int id, int length) {
    out.writeInt(2 + length).writeByte(MessageId.EXTENDED).writeByte(id);
  }

  /** We no longer have a piece (BEP 54). */
  public static void dontHave(ByteBuf out, int id, int piece) {
    out.writeInt(6).writeByte(MessageId.EXTENDED).writeByte(id).writeInt(piece);
  }

  private static void simple(ByteBuf out, int id) {
    out.writeInt(1).writeByte(id);
  }

  private static void block(ByteBuf out, int id, int piece, int offset, int length) {
    out.writeInt(13).writeByte(id).writeInt(piece).writeInt(offset).writeInt(length);
  }
}
