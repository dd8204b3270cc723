package dev.piecework.acceptance;

import dev.piecework.testkit.Await;
import dev.piecework.testkit.Client;
import dev.piecework.testkit.Content;
import dev.piecework.testkit.RunningClient;
import dev.piecework.testkit.TestTorrent;
import dev.piecework.testkit.TorrentMaker;
import dev.piecework.testkit.Tracker;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One worker's process with all it needs, and the port where it speaks of itself. */
public final class ObservedWorker implements AutoCloseable {
  private static final Pattern PORT = Pattern.compile("metrics and health on http://[^:]+:(\\d+)/");

  private final Path folder;
  private final Fleet fleet;
  private final FleetWorker worker;

  private ObservedWorker(Path folder, Fleet fleet) {
    this.folder = folder;
    this.fleet = fleet;
    this.worker = fleet.worker("observed").awaitUp();
  }

  /** Starts it. */
  public static ObservedWorker start(Path folder) throws Exception {
    return new ObservedWorker(
        folder, Fleet.start(Map.of("PIECEWORK_HTTP_PORT", "0", "PIECEWORK_LOG_FORMAT", "json")));
  }

  /** Where it answers. */
  public int httpPort() {
    Matcher said = PORT.matcher(worker.process().stdout());
    if (!said.find()) {
      throw new AssertionError("the worker did not say its port: " + worker.process().describe());
    }
    return Integer.parseInt(said.group(1));
  }

  /** All that it has written to its log. */
  public String log() {
    return worker.process().stdout();
  }

  /**
   * A job of an object in several parts and a small one, from a seeder that a tracker names.
   *
   * @param traceParent the trace that the submitter is in
   */
  public void runJob(String traceParent) throws Exception {
    Path content = folder.resolve("in/set");
    Content.file(content.resolve("large.bin"), (20L << 20) + 1, 1);
    Content.file(content.resolve("small.txt"), 1000, 2);
    TestTorrent bare = TorrentMaker.of(content).pieceBytes(262_144).make();
    try (Tracker tracker = Tracker.start(bare.infoHash())) {
      TestTorrent torrent = bare.withTrackers(tracker.http());
      try (RunningClient _ = Client.LIBTORRENT.seed(torrent)) {
        Await.until(
            "the seeder's announce", Fleet.LIMIT, () -> tracker.seeders(bare.infoHash()) == 1);
        fleet.submit(Map.of("TRACEPARENT", traceParent), torrent, "observed/").awaitCompleted();
      }
    }
  }

  @Override
  public void close() throws IOException {
    fleet.close();
  }
}
