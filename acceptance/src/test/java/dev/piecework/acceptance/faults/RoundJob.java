package dev.piecework.acceptance.faults;

import dev.piecework.message.Destination;
import dev.piecework.message.JobMessage;
import dev.piecework.message.JobOptions;
import dev.piecework.message.JobSource;
import dev.piecework.testkit.TestTorrent;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A job of the round at hand.
 *
 * @param number in its round
 * @param torrent number of its torrent
 * @param content the torrent with its content
 * @param message what is submitted
 * @param givenBefore bytes that its seeder had given before
 */
record RoundJob(
    int number, int torrent, TestTorrent content, JobMessage message, long givenBefore) {

  static RoundJob of(Schedule schedule, int number, Seeders seeders) {
    Schedule.PlannedJob planned = schedule.jobs().get(number);
    TestTorrent content = seeders.announced(planned.torrent(), planned.byTracker());
    String name = "s%d-r%d-j%d".formatted(schedule.seed(), schedule.round(), number);
    List<String> peers = planned.byTracker() ? List.of() : List.of(seeders.peer(planned.torrent()));
    return of(name, number, planned.torrent(), content, peers, seeders);
  }

  /** A small job that any worker can do which has what it needs. */
  static RoundJob probe(Schedule schedule, int number, Seeders seeders) {
    int torrent = seeders.count();
    return of(
        "s%d-r%d-p%d".formatted(schedule.seed(), schedule.round(), number),
        number,
        torrent,
        seeders.torrent(torrent),
        List.of(seeders.peer(torrent)),
        seeders);
  }

  private static RoundJob of(
      String name,
      int number,
      int torrent,
      TestTorrent content,
      List<String> peers,
      Seeders seeders) {
    JobOptions options =
        new JobOptions(
            0,
            Optional.empty(),
            Optional.empty(),
            peers,
            Optional.empty(),
            0,
            0,
            Optional.empty(),
            Map.of());
    return new RoundJob(
        number,
        torrent,
        content,
        new JobMessage(
            JobMessage.VERSION,
            name,
            JobSource.Inline.of(content.metainfo()),
            new Destination(Installation.BUCKET, name + "/"),
            options),
        seeders.givenBytes(torrent));
  }

  String id() {
    return message.id();
  }

  String prefix() {
    return message.destination().prefix();
  }
}
