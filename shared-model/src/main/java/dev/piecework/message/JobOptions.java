package dev.piecework.message;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Everything optional of a job.
 *
 * @param priority 0 (default) to 9, higher first where the broker supports it
 * @param seedRatio seed after publishing until sent / total bytes reaches this; absent: no seeding
 * @param seedTime seed after publishing for at most this long; absent with a ratio: no time bound
 * @param peers addresses ({@code host:port}) to try beside what trackers name
 * @param maxAttempts attempts before a transient fault is final; absent: the worker's default
 * @param deadline the job fails for good if it is not complete this long after it was accepted;
 *     absent: none
 * @param downloadBytesPerSecond most taken from peers; 0 means no limit
 * @param uploadBytesPerSecond most sent to peers; 0 means no limit
 * @param onExisting what to do with objects that are there already; absent: the worker's default
 * @param labels free pairs, repeated in every event
 */
public record JobOptions(
    int priority,
    Optional<Double> seedRatio,
    Optional<Duration> seedTime,
    List<String> peers,
    Optional<Integer> maxAttempts,
    Optional<Duration> deadline,
    long downloadBytesPerSecond,
    long uploadBytesPerSecond,
    Optional<OnExisting> onExisting,
    Map<String, String> labels) {

  /** Copies the collections. */
  public JobOptions {
    peers = List.copyOf(peers);
    labels = Map.copyOf(labels);
  }

  /** Without a deadline. */
  public JobOptions(
      int priority,
      Optional<Double> seedRatio,
      Optional<Duration> seedTime,
      List<String> peers,
      Optional<Integer> maxAttempts,
      long downloadBytesPerSecond,
      long uploadBytesPerSecond,
      Optional<OnExisting> onExisting,
      Map<String, String> labels) {
    this(
        priority,
        seedRatio,
        seedTime,
        peers,
        maxAttempts,
        Optional.empty(),
        downloadBytesPerSecond,
        uploadBytesPerSecond,
        onExisting,
        labels);
  }

  /** Nothing set. */
  public static JobOptions none() {
    return new JobOptions(
        0,
        Optional.empty(),
        Optional.empty(),
        List.of(),
        Optional.empty(),
        0,
        0,
        Optional.empty(),
        Map.of());
  }

  /** The same with another answer to objects that are there already. */
  public JobOptions withOnExisting(OnExisting other) {
    return new JobOptions(
        priority,
        seedRatio,
        seedTime,
        peers,
        maxAttempts,
        deadline,
        downloadBytesPerSecond,
        uploadBytesPerSecond,
        Optional.of(other),
        labels);
  }

  /** The same with another deadline. */
  public JobOptions withDeadline(Duration other) {
    return new JobOptions(
        priority,
        seedRatio,
        seedTime,
        peers,
        maxAttempts,
        Optional.of(other),
        downloadBytesPerSecond,
        uploadBytesPerSecond,
        onExisting,
        labels);
  }
}
