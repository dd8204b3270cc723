package dev.piecework.tracker;

/**
 * What came of announces since the engine's start, farewells included; those that were given up
 * when their torrent ended are not counted.
 *
 * @param httpAccepted taken by trackers asked over HTTP or HTTPS
 * @param httpFailed refused by them, or without an answer
 * @param udpAccepted taken by trackers asked over UDP
 * @param udpFailed refused by them, or without an answer
 * @param unusable not sent: the URL is none that we can ask
 */
public record AnnounceCounts(
    long httpAccepted, long httpFailed, long udpAccepted, long udpFailed, long unusable) {}
