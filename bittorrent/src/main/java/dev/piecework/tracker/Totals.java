package dev.piecework.tracker;

/**
 * What a torrent has moved, as trackers want to know it.
 *
 * @param uploadedBytes sent to peers since the torrent was added
 * @param downloadedBytes received from peers since the torrent was added
 * @param leftBytes still to be downloaded; 0 makes us a seeder
 */
public record Totals(long uploadedBytes, long downloadedBytes, long leftBytes) {}
