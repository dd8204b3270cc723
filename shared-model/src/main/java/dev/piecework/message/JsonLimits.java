package dev.piecework.message;

/**
 * What a message may have at most, whether anybody wants it or not.
 *
 * @param bytes of the whole
 * @param members names in all its objects together
 * @param elements of all its arrays together
 */
record JsonLimits(int bytes, int members, int elements) {
  /** Lists and objects inside each other. */
  static final int MAX_DEPTH = 32;

  /** Characters of a name. */
  static final int MAX_NAME_LENGTH = 1000;

  /** Digits of a number, with sign, point and exponent. */
  static final int MAX_NUMBER_LENGTH = 100;

  /** Characters of a string that is not an inline torrent file. */
  static final int MAX_STRING_LENGTH = 65_536;

  /** Of a job: an inline torrent file, and little else. */
  static final JsonLimits JOB = new JsonLimits(JobMessageCodec.MAX_BYTES, 100_000, 100_000);

  /** Of a request: any worker takes them from anybody, many at once. */
  static final JsonLimits REQUEST = new JsonLimits(ControlCodec.MAX_REQUEST_BYTES, 10_000, 10_000);

  /** Of what workers write: events, which may list many objects, and replies. */
  static final JsonLimits ANSWER = new JsonLimits(JobMessageCodec.MAX_BYTES, 2_000_000, 1_000_000);
}
