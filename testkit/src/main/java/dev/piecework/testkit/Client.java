package dev.piecework.testkit;

import java.nio.file.Path;

/**
 * BitTorrent clients that nobody here wrote, each run as a process of its own without DHT, peer
 * exchange, local discovery, uTP or forced encryption: TCP on known ports, so that a swarm has
 * exactly the members that a test gave it.
 *
 * <p>transmission 3.00 knows a peer by its IP address alone: it keeps one connection per address
 * (itself included, when a tracker shows it its own {@link Ports#own}: let it announce on loopback
 * where it seeds), and it never connects to 127.0.0.0/8 itself. Where it leeches, loopback peers
 * are rewritten to {@link Ports#own}, and they must listen there. It makes no files for what has no
 * bytes.
 */
public enum Client {
  /** transmission-daemon. */
  TRANSMISSION("transmission-daemon", "transmission-daemon"),
  /** aria2c. */
  ARIA2("aria2c", "aria2"),
  /** libtorrent-rasterbar by its Python binding. */
  LIBTORRENT("python3", "python3-libtorrent"),
  /** qbittorrent-nox. */
  QBITTORRENT("qbittorrent-nox", "qbittorrent-nox");

  private final String program;
  private final String debianPackage;

  Client(String program, String debianPackage) {
    this.program = program;
    this.debianPackage = debianPackage;
  }

  /** Whether it can be started here. */
  public boolean installed() {
    return Processes.installed(program) && (this != LIBTORRENT || LibtorrentClient.installed());
  }

  /** Skips the test, or fails it in CI, where it is not installed. */
  public void require() {
    if (!installed()) {
      Needs.absent(debianPackage + " is not installed", "apt-get install " + debianPackage);
    }
  }

  /** Seeds a torrent from the content it was made from, without limits. */
  public RunningClient seed(TestTorrent torrent) {
    return seed(torrent, ClientOptions.none());
  }

  /** Seeds a torrent from the content it was made from; returns when it is complete and listens. */
  public RunningClient seed(TestTorrent torrent, ClientOptions options) {
    RunningClient client = start(torrent, torrent.contentParent(), options, true);
    try {
      client.awaitComplete(RunningClient.START_LIMIT.multipliedBy(2));
      client
          .process()
          .awaitReady(
              "accepting peers", RunningClient.START_LIMIT, () -> Ports.accepts(client.address()));
      return client;
    } catch (RuntimeException e) {
      client.close();
      throw e;
    }
  }

  /**
   * Downloads a torrent into a folder, from the peers of the options and the torrent's trackers;
   * returns when it listens. {@link RunningClient#awaitComplete} waits for the rest.
   */
  public RunningClient leech(TestTorrent torrent, Path folder, ClientOptions options) {
    RunningClient client = start(torrent, folder, options, false);
    try {
      client
          .process()
          .awaitReady(
              "accepting peers", RunningClient.START_LIMIT, () -> Ports.accepts(client.address()));
      return client;
    } catch (RuntimeException e) {
      client.close();
      throw e;
    }
  }

  private RunningClient start(
      TestTorrent torrent, Path folder, ClientOptions options, boolean complete) {
    require();
    return switch (this) {
      case TRANSMISSION -> TransmissionClient.start(torrent, folder, options);
      case ARIA2 -> Aria2Client.start(torrent, folder, options);
      case LIBTORRENT -> LibtorrentClient.start(torrent, folder, options, complete);
      case QBITTORRENT -> QbittorrentClient.start(torrent, folder, options, complete);
    };
  }
}
