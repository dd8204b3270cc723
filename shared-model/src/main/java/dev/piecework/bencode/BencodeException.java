package dev.piecework.bencode;

/** Why bytes are not acceptable bencoding: what, and at which byte. */
public final class BencodeException extends Exception {
  /** The kind of fault. */
  public enum Fault {
    /** The input ends inside a value. */
    TRUNCATED,
    /** A byte that cannot stand where it stands, or a number in a form that BEP 3 forbids. */
    MALFORMED,
    /** A {@link BencodeLimits limit} is passed. */
    LIMIT_EXCEEDED,
    /** Keys unsorted or repeated where the canonical form is demanded. */
    NOT_CANONICAL,
    /** Bytes after the end of the value. */
    TRAILING_BYTES
  }

  private final Fault fault;
  private final int offset;

  BencodeException(Fault fault, int offset, String what) {
    super(what + " at byte " + offset);
    this.fault = fault;
    this.offset = offset;
  }

  /** The kind, for programs. */
  public Fault fault() {
    return fault;
  }

  /** The byte of the input at which the fault was seen, from 0. */
  public int offset() {
    return offset;
  }
}
