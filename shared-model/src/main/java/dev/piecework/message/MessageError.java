package dev.piecework.message;

/** Named faults of a message. Names are part of the message contract: add, never rename. */
public enum MessageError {
  /** Longer than {@link JobMessageCodec#MAX_BYTES}. */
  TOO_LARGE,
  /** More names in its objects than {@link JsonLimits} allow. */
  TOO_MANY_MEMBERS,
  /** More values in its arrays than they allow. */
  TOO_MANY_ELEMENTS,
  /** More arrays and objects inside each other than they allow. */
  TOO_DEEP,
  /** A number of more digits than they allow. */
  NUMBER_TOO_LONG,
  /** A name or string of more characters than they allow. */
  STRING_TOO_LONG,
  /** A name that has a meaning, twice in one object. */
  DUPLICATE_MEMBER,
  /** Not JSON (RFC 8259), or not an object. */
  NOT_JSON,
  /** A version of the form that this code does not read. */
  UNSUPPORTED_VERSION,
  /** A member that must be there is not. */
  MISSING_FIELD,
  /** A member of another JSON type than expected. */
  WRONG_TYPE,
  /** A value of the right type that is not allowed. */
  INVALID_VALUE,
  /** A kind of event that this code does not know: skip it. */
  UNKNOWN_EVENT_TYPE
}
