package dev.piecework.tracker;

/**
 * One announce.
 *
 * @param settings what stays the same
 * @param totals what has been moved by now
 * @param event why it is sent
 * @param wanted peers asked for
 * @param trackerId what this tracker told us to send back (BEP 3, {@code tracker id}); or empty
 */
record AnnounceRequest(
    AnnounceSettings settings, Totals totals, AnnounceEvent event, int wanted, String trackerId) {}
