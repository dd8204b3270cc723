package dev.piecework.bencode;

/**
 * A bencoded value that knows where in the input it stood. A view: the input must not be changed.
 */
public sealed interface BValue permits BInteger, BString, BList, BDictionary {
  /** Its first byte in the input. */
  int start();

  /** One past its last byte in the input: where to read on when other bytes follow (BEP 9). */
  int end();

  /** A copy of its bytes as they were received: what an info-hash is taken over. */
  byte[] raw();

  /** For error messages: {@code an integer}, {@code a string}, ... */
  String kind();
}
