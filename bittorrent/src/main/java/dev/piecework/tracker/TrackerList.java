package dev.piecework.tracker;

import dev.piecework.engine.TorrentStats.TrackerState;
import dev.piecework.text.ForeignText;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/**
 * The trackers of a torrent in tiers, without those that cannot be announced to: repeated ones,
 * unknown schemes, and what goes beyond the limit. These are still shown, with the reason.
 */
final class TrackerList {
  /** Trackers of one torrent that are announced to at most. */
  static final int MAX_TRACKERS = 100;

  private final List<Tier> tiers = new ArrayList<>();
  private final List<Supplier<TrackerState>> shown = new ArrayList<>();

  TrackerList(List<List<String>> urls, long nowNanos, RandomGenerator random) {
    Set<TrackerUrl> known = new HashSet<>();
    for (List<String> urlsOfTier : urls) {
      List<Tracker> usable = new ArrayList<>();
      for (String text : urlsOfTier) {
        TrackerUrl url = TrackerUrl.parse(text);
        if (url instanceof TrackerUrl.Unusable unusable) {
          skip(text, unusable.reason());
        } else if (!known.add(url)) {
          skip(text, "named before");
        } else if (known.size() > MAX_TRACKERS) {
          skip(text, "more than " + MAX_TRACKERS + " trackers");
        } else {
          Tracker tracker = new Tracker(text, url, nowNanos);
          usable.add(tracker);
          shown.add(tracker::state);
        }
      }
      if (!usable.isEmpty()) {
        tiers.add(new Tier(usable, random));
      }
    }
  }

  List<Tier> tiers() {
    return tiers;
  }

  /** All trackers in the order of the metainfo, as they stand now. */
  List<TrackerState> states() {
    return shown.stream().map(Supplier::get).toList();
  }

  private void skip(String text, String reason) {
    if (shown.size() < 2 * MAX_TRACKERS) {
      String url = text.length() > TrackerUrl.MAX_LENGTH ? text.substring(0, 100) + "..." : text;
      TrackerState state = new TrackerState(ForeignText.line(url), "skipped: " + reason, 0);
      shown.add(() -> state);
    }
  }
}
