package dev.piecework.worker.store;

import java.util.Optional;

/**
 * What the store says of an object.
 *
 * @param size bytes
 * @param etag without quotes; may be empty
 * @param crc32c as the store writes it: Base64 of the whole object's, or with {@code -N} behind it
 *     that of its N parts' checksums; empty where the store keeps none
 * @param encrypted whether the store says that it encrypts, so that ETags need not be MD5s
 */
public record StoredStat(long size, String etag, Optional<String> crc32c, boolean encrypted) {}
