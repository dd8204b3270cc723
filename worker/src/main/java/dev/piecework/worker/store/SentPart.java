package dev.piecework.worker.store;

/**
 * A part of a multipart upload, or a whole object, as the store acknowledged it.
 *
 * @param number from 1; 1 for a whole object
 * @param length bytes
 * @param etag without quotes
 * @param crc32c of the bytes sent
 */
public record SentPart(int number, long length, String etag, int crc32c) {}
