package dev.piecework.acceptance.faults;

import static dev.piecework.acceptance.Figures.MEBIBYTE;

import dev.piecework.metainfo.InfoHash;
import dev.piecework.testkit.Await;
import dev.piecework.testkit.Client;
import dev.piecework.testkit.ClientOptions;
import dev.piecework.testkit.Content;
import dev.piecework.testkit.FaultProxy;
import dev.piecework.testkit.Folders;
import dev.piecework.testkit.RunningClient;
import dev.piecework.testkit.TestTorrent;
import dev.piecework.testkit.TorrentMaker;
import dev.piecework.testkit.Tracker;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The torrents of all rounds, each with a seeder of its own, whose count of what it gave is the
 * witness for what was fetched twice; and a tracker that knows them.
 */
final class Seeders implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofMinutes(2);

  /** Slow enough that there is something to interrupt. */
  private static final long BYTES_PER_SECOND = 7 * MEBIBYTE;

  private final Path folder = Folders.temporary("faults-content");
  private final List<TestTorrent> torrents;
  private final List<RunningClient> clients = new ArrayList<>();
  private final List<FaultProxy> links = new ArrayList<>();
  private final Tracker tracker;

  private Seeders() {
    torrents = torrents(folder);
    tracker = Tracker.start(torrents.stream().map(TestTorrent::infoHash).toArray(InfoHash[]::new));
    for (TestTorrent torrent : torrents) {
      clients.add(
          Client.LIBTORRENT.seed(
              torrent.withTrackers(tracker.http()), ClientOptions.none().upload(BYTES_PER_SECOND)));
      links.add(FaultProxy.tcp(clients.getLast().address()));
    }
    for (TestTorrent torrent : torrents) {
      Await.until(
          "the announce of the seeder of " + torrent.name(),
          LIMIT,
          () -> tracker.seeders(torrent.infoHash()) == 1);
    }
  }

  static Seeders start() {
    return new Seeders();
  }

  /**
   * Objects of one PUT, of many parts, of none; files that share pieces and pieces that span files.
   */
  private static List<TestTorrent> torrents(Path folder) {
    Path small = Content.file(folder.resolve("a/small.bin"), MEBIBYTE + 7, 1);

    Path many = folder.resolve("b/many");
    Content.manySmall(many, 25, 60_000, 2);
    Content.file(many.resolve("empty"), 0, 0);
    Content.file(many.resolve("middle.bin"), 3 * MEBIBYTE + 1, 3);

    Path mixed = folder.resolve("c/mixed set");
    Content.file(mixed.resolve("first.bin"), 5 * MEBIBYTE + 3, 4);
    Content.file(mixed.resolve("large.bin"), 21 * MEBIBYTE + 5, 5);
    Content.manySmall(mixed.resolve("rest"), 6, 20_000, 6);

    Path large = Content.file(folder.resolve("d/large.bin"), 40 * MEBIBYTE + 11, 7);

    Path pair = folder.resolve("e/pair");
    Content.file(pair.resolve("one.bin"), 17 * MEBIBYTE, 8);
    Content.file(pair.resolve("two.bin"), 9 * MEBIBYTE + 100, 9);

    Path middle = Content.file(folder.resolve("f/middle.bin"), 12 * MEBIBYTE + 1, 10);
    Path probe = Content.file(folder.resolve("g/probe.bin"), 100_001, 11);
    return List.of(
        TorrentMaker.of(small).pieceBytes(32 * 1024).make(),
        TorrentMaker.of(many).pieceBytes(128 * 1024).make(),
        TorrentMaker.of(mixed).make(),
        TorrentMaker.of(large).pieceBytes(512 * 1024).make(),
        TorrentMaker.of(pair).pieceBytes(1024 * 1024).padFiles().make(),
        TorrentMaker.of(middle).make(),
        TorrentMaker.of(probe).pieceBytes(32 * 1024).make());
  }

  /** Torrents for jobs; the last one is kept for {@link RoundJob#probe}. */
  int count() {
    return torrents.size() - 1;
  }

  TestTorrent torrent(int number) {
    return torrents.get(number);
  }

  /** The torrent as it is submitted: with the tracker, or with none. */
  TestTorrent announced(int number, boolean byTracker) {
    return byTracker ? torrents.get(number).withTrackers(tracker.http()) : torrents.get(number);
  }

  /** Where the seeder of a torrent is to be reached, by a link that may fail. */
  String peer(int number) {
    return "127.0.0.1:" + link(number).address().getPort();
  }

  /** That link. */
  FaultProxy link(int number) {
    return links.get(number);
  }

  /** Content that the seeder of a torrent has given so far, in all rounds. */
  long givenBytes(int number) {
    return clients.get(number).progress().uploadedBytes();
  }

  @Override
  public void close() {
    links.forEach(FaultProxy::close);
    clients.forEach(RunningClient::close);
    tracker.close();
    Folders.delete(folder);
  }
}
