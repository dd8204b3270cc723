package dev.piecework.worker.store;

import java.time.Instant;

/**
 * A multipart upload that was begun and neither completed nor aborted.
 *
 * @param id the store's
 * @param initiated when it was begun, by the store's clock
 */
public record OpenUpload(String id, Instant initiated) {}
