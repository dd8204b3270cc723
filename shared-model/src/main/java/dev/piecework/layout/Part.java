package dev.piecework.layout;

/**
 * The unit of upload: a range of one object.
 *
 * @param object index into {@link ObjectLayout#objects()}
 * @param number 1 for the first part, as S3 counts
 * @param offset first byte in the torrent's linear space
 * @param length bytes; 0 only for the single part of an empty object
 */
public record Part(int object, int number, long offset, long length) {}
