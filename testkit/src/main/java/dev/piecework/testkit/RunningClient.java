package dev.piecework.testkit;

import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * One torrent in one process of somebody else's client. It accepts peers when a test gets hold of
 * it; {@link #close} kills it and removes its settings, never the content.
 */
public abstract class RunningClient implements AutoCloseable {
  static final Duration START_LIMIT = Duration.ofMinutes(1);

  private final ManagedProcess process;
  private final Path settings;
  private final TestTorrent torrent;
  private final Path folder;
  private final int port;
  private Optional<StaticTracker> tracker = Optional.empty();

  RunningClient(ManagedProcess process, Path settings, TestTorrent torrent, Path folder, int port) {
    this.process = process;
    this.settings = settings;
    this.torrent = torrent;
    this.folder = folder;
    this.port = port;
  }

  /** How much it has and what it moved, from its own mouth. */
  public record Progress(long downloadedBytes, long uploadedBytes, double fraction) {
    /** Whether it has every byte. */
    public boolean complete() {
      return fraction >= 1;
    }
  }

  /** Asks the client. */
  public abstract Progress progress();

  /**
   * Changes what it gives while it runs.
   *
   * @param bytesPerSecond 0 for no limit
   */
  public abstract void limitUpload(long bytesPerSecond);

  /** Where it accepts peers, on loopback. */
  public InetSocketAddress address() {
    return Ports.loopback(port);
  }

  /** Where it accepts peers, on this machine's own address (see {@link Ports#own}). */
  public InetSocketAddress ownAddress() {
    return new InetSocketAddress(Ports.own(), port);
  }

  /** The file or folder that it shares or makes. */
  public Path content() {
    return folder.resolve(torrent.name());
  }

  /** Its process, to freeze or kill it. */
  public ManagedProcess process() {
    return process;
  }

  /** Waits until it has every byte, as it says itself. */
  public void awaitComplete(Duration limit) {
    awaitFraction(1, limit);
  }

  /** Waits until it has at least this part of the torrent, 0 to 1. */
  public void awaitFraction(double fraction, Duration limit) {
    process.awaitReady(
        "%.0f percent of %s".formatted(fraction * 100, torrent.name()),
        limit,
        () -> progress().fraction() >= fraction);
  }

  @Override
  public void close() {
    process.close();
    tracker.ifPresent(StaticTracker::close);
    Folders.delete(settings);
  }

  /** Closed along with the client. */
  void owns(StaticTracker newTracker) {
    this.tracker = Optional.of(newTracker);
  }
}
