package dev.piecework.worker.transfer;

import dev.piecework.engine.TorrentStats;

/**
 * How a transfer stands.
 *
 * @param totalBytes bytes to store, pad files not counted
 * @param verifiedBytes of those, verified by now (in scratch or already uploaded), in any attempt
 * @param uploadedBytes of those, in parts that the store has
 * @param uploadedParts parts that the store has
 * @param totalParts parts in all
 * @param verifiedPieces pieces verified by now, or no longer needed
 * @param totalPieces pieces in all
 * @param swarm the engine's own figures
 */
public record TransferProgress(
    long totalBytes,
    long verifiedBytes,
    long uploadedBytes,
    int uploadedParts,
    int totalParts,
    int verifiedPieces,
    int totalPieces,
    TorrentStats swarm) {}
