package dev.piecework.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.SortedMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Every client works as seeder and as leecher: where a test of ours fails, it is not them. */
class ClientsIT {
  private static final Duration LIMIT = Duration.ofMinutes(2);

  private static final String EMPTY_SUM =
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

  @TempDir Path folder;

  /** Each with the reference, both ways: all sixteen pairs take minutes and say no more. */
  static Stream<Arguments> pairs() {
    return Arrays.stream(Client.values())
        .flatMap(client ->
            Stream.of(
                Arguments.of(client, Client.LIBTORRENT), Arguments.of(Client.LIBTORRENT, client)));
  }

  @ParameterizedTest
  @MethodSource("pairs")
  void onePeerFetchesFromTheOther(Client seeder, Client leecher) {
    Path content = Content.manySmall(folder.resolve("seed/set"), 20, 200_000, 1);
    Content.file(content.resolve("empty"), 0, 0);
    Content.file(content.resolve("größer"), 5_000_000, 2);
    TestTorrent torrent = TorrentMaker.of(content).make();

    try (RunningClient seeding = seeder.seed(torrent);
        RunningClient leeching =
            leecher.leech(
                torrent, folder.resolve("leech"), ClientOptions.none().peer(seeding.address()))) {
      leeching.awaitComplete(LIMIT);
      Await.until(
          "the same files",
          Duration.ofSeconds(20),
          () -> nonEmpty(leeching.content()).equals(nonEmpty(content)),
          () -> nonEmpty(leeching.content()) + "\n" + nonEmpty(content));
    }
  }

  /** transmission makes no files for what has no bytes. */
  private static SortedMap<String, String> nonEmpty(Path tree) {
    SortedMap<String, String> sums = Content.sums(tree);
    sums.values().removeIf(EMPTY_SUM::equals);
    return sums;
  }

  @ParameterizedTest
  @EnumSource(value = Client.class, mode = EnumSource.Mode.EXCLUDE, names = "TRANSMISSION")
  void peersFindEachOtherOnATracker(Client client) {
    Path content = Content.file(folder.resolve("seed/one.bin"), 3_000_000, 3);
    TestTorrent bare = TorrentMaker.of(content).make();

    try (Tracker tracker = Tracker.start(bare.infoHash())) {
      TestTorrent torrent = bare.withTrackers(tracker.http());
      try (RunningClient seeding = client.seed(torrent)) {
        Await.until("the seeder's announce", LIMIT, () -> tracker.seeders(torrent.infoHash()) == 1);
        try (RunningClient leeching =
            Client.LIBTORRENT.leech(torrent, folder.resolve("leech"), ClientOptions.none())) {
          leeching.awaitComplete(LIMIT);
          // A client may count a piece before its last write has reached the file.
          Await.until(
              "the content",
              LIMIT,
              () -> Content.sums(leeching.content()).equals(Content.sums(content)));
          assertThat(seeding.progress().complete()).isTrue();
        }
      }
    }
  }

  @Test
  void aTrackerAnswersOverUdpToo() {
    Path content = Content.file(folder.resolve("seed/one.bin"), 1_000_000, 3);
    TestTorrent bare = TorrentMaker.of(content).make();

    try (Tracker tracker = Tracker.start(bare.infoHash())) {
      TestTorrent torrent = bare.withTrackers(tracker.udp());
      try (RunningClient seeding = Client.LIBTORRENT.seed(torrent)) {
        Await.until("the seeder's announce", LIMIT, () -> tracker.seeders(torrent.infoHash()) == 1);
        assertThat(tracker.leechers(torrent.infoHash())).isZero();
        assertThat(seeding.process().alive()).isTrue();
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Client.class)
  void aSlowSeederHoldsALeecherHalfWayUntilItIsLetGo(Client seeder) {
    Path content = Content.file(folder.resolve("seed/one.bin"), 12_000_000, 3);
    TestTorrent torrent = TorrentMaker.of(content).pieceBytes(64 * 1024).make();

    try (RunningClient seeding = seeder.seed(torrent, ClientOptions.none().upload(500_000));
        RunningClient leeching =
            Client.LIBTORRENT.leech(
                torrent, folder.resolve("leech"), ClientOptions.none().peer(seeding.address()))) {
      leeching.awaitFraction(0.1, LIMIT);
      assertThat(leeching.progress().fraction()).isLessThan(0.9);
      seeding.limitUpload(0);
      leeching.awaitComplete(LIMIT);
    }
  }
}
