package dev.piecework.metainfo;

/** Named faults of a torrent file. Names are part of the message contract: add, never rename. */
public enum MetainfoError {
  /** Not bencoding, or cut short. */
  NOT_BENCODED,
  /** Deeper, longer or with more tokens than the limits allow. */
  LIMIT_EXCEEDED,
  /** No info dictionary. */
  MISSING_INFO,
  /** No usable name. */
  MISSING_NAME,
  /** A name or path of the wrong type. */
  INVALID_NAME,
  /** No piece length, or one outside its range. */
  INVALID_PIECE_LENGTH,
  /** No piece hashes. */
  MISSING_PIECES,
  /** Piece hashes that do not fit the length. */
  INVALID_PIECES,
  /** A missing, negative or impossible file length. */
  INVALID_LENGTH,
  /** An entry of a file list that describes no file. */
  INVALID_FILE,
  /** A file list with nothing in it. */
  NO_FILES,
  /** More files of one name than can sensibly be renamed: not given any more, any number can. */
  TOO_MANY_DUPLICATE_NAMES,
  /** A symlink whose target is no path. */
  INVALID_SYMLINK,
  /** Only v2 hashes (BEP 52), which this version cannot download. */
  V2_ONLY,
  /** v2 structures that contradict themselves or the v1 part. */
  INVALID_V2
}
