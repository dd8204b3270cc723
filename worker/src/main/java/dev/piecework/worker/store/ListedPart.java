package dev.piecework.worker.store;

/**
 * A part that the store lists.
 *
 * @param number from 1
 * @param length bytes
 * @param etag without quotes
 */
public record ListedPart(int number, long length, String etag) {}
