package dev.piecework.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.message.Destination;
import dev.piecework.message.EventType;
import dev.piecework.message.JobEvent;
import dev.piecework.message.JobMessage;
import dev.piecework.message.JobOptions;
import dev.piecework.message.JobSource;
import dev.piecework.testkit.Client;
import dev.piecework.testkit.Content;
import dev.piecework.testkit.ManagedProcess;
import dev.piecework.testkit.RunningClient;
import dev.piecework.testkit.TestTorrent;
import dev.piecework.testkit.TorrentMaker;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A worker that has done a thousand small jobs holds no more than before the first of them: {@code
 * -Dpiecework.test.jobs=10000} makes it so many.
 */
class ManyJobsIT {
  private static final int JOBS = Integer.getInteger("piecework.test.jobs", 1000);

  /** More than run at once, so that no seeder is asked for its torrent by two jobs at a time. */
  private static final int TORRENTS = 8;

  /** Jobs that start what is started at its first use. */
  private static final int FIRST = 50;

  /**
   * Idle connections to the store and the database, and threads of pools, come and go by
   * themselves; there may be so many more of them in the end. A leak would be one for each job.
   */
  private static final int IDLE = 16;

  private static final Duration LIMIT = Duration.ofMinutes(2);

  @TempDir private Path folder = Path.of("");

  @Test
  void aThousandSmallJobsLeaveNothingOpen() throws Exception {
    List<TestTorrent> torrents = new ArrayList<>();
    List<RunningClient> seeders = new ArrayList<>();
    try (Fleet fleet = Fleet.start(Map.of())) {
      for (int i = 0; i < TORRENTS; i++) {
        Path content = Content.file(folder.resolve(i + "/" + i + ".bin"), 50_000 + i, i);
        torrents.add(TorrentMaker.of(content).make());
        seeders.add(Client.LIBTORRENT.seed(torrents.get(i)));
      }
      ManagedProcess worker = fleet.worker("one").awaitUp().process();
      publish(fleet, 0, FIRST, torrents, seeders);
      Held before = Held.by(worker);

      long began = System.nanoTime();
      publish(fleet, FIRST, FIRST + JOBS, torrents, seeders);
      double seconds = (System.nanoTime() - began) / 1e9;

      Held after =
          Awaitility.await("a worker that holds what it held before")
              .atMost(LIMIT)
              .until(() -> Held.by(worker), held -> held.noMoreThan(before, seeders));
      Figures.print(
          "%d jobs in %.1f s: %.1f a second; the worker held %s before, holds %s now, peak %d MiB",
          JOBS, seconds, JOBS / seconds, before, after, worker.peakResidentBytes() >> 20);
      assertThat(fleet.events(EventType.FAILED)).isEmpty();
      Map<String, String> stored = fleet.store().sums(Fleet.BUCKET, "");
      stored.keySet().removeIf(key -> key.contains("/.piecework/"));
      Map<String, String> expected = new HashMap<>();
      for (int i = 0; i < FIRST + JOBS; i++) {
        TestTorrent torrent = torrents.get(i % TORRENTS);
        String prefix = i + "/";
        Content.sums(torrent.content()).forEach((path, sum) -> expected.put(prefix + path, sum));
      }
      assertThat(stored).isEqualTo(expected);
      assertThat(fleet.events(EventType.COMPLETED).stream().map(JobEvent::jobId))
          .doesNotHaveDuplicates()
          .hasSize(FIRST + JOBS);
      assertThat(fleet.store().openUploads(Fleet.BUCKET)).isEmpty();
    } finally {
      seeders.forEach(RunningClient::close);
    }
  }

  private static JobMessage job(int number, TestTorrent torrent, RunningClient seeder) {
    return new JobMessage(
        1,
        Integer.toString(number),
        JobSource.Inline.of(torrent.metainfo()),
        new Destination(Fleet.BUCKET, number + "/"),
        new JobOptions(
            0,
            Optional.empty(),
            Optional.empty(),
            List.of("127.0.0.1:" + seeder.address().getPort()),
            Optional.empty(),
            0,
            0,
            Optional.empty(),
            Map.of()));
  }

  /** Submits jobs and waits for the end of all. */
  private static void publish(
      Fleet fleet, int from, int to, List<TestTorrent> torrents, List<RunningClient> seeders)
      throws Exception {
    for (int i = from; i < to; i++) {
      fleet.publish(job(i, torrents.get(i % TORRENTS), seeders.get(i % TORRENTS)));
    }
    fleet.await(EventType.COMPLETED, to);
    fleet.awaitQuiet();
  }

  /** What a process holds of the system. */
  private record Held(long threads, OpenFiles files) {
    static Held by(ManagedProcess process) {
      return new Held(process.threads(), OpenFiles.of(process.pid()));
    }

    boolean noMoreThan(Held before, List<RunningClient> seeders) {
      return threads <= before.threads + IDLE
          && files.count() <= before.files.count() + IDLE
          && files.segments() == 0
          && seeders.stream()
              .allMatch(seeder -> files.connectionsTo(seeder.address().getPort()) == 0);
    }

    @Override
    public String toString() {
      return threads + " threads and " + files.count() + " files and sockets";
    }
  }
}
