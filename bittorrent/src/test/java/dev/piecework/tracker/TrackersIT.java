package dev.piecework.tracker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.management.UnixOperatingSystemMXBean;
import dev.piecework.engine.TorrentStats.TrackerState;
import dev.piecework.metainfo.InfoHash;
import dev.piecework.net.AddressPolicy;
import dev.piecework.net.HostLookup;
import dev.piecework.net.Transports;
import dev.piecework.testkit.Ports;
import dev.piecework.testkit.Tracker;
import io.netty.channel.EventLoopGroup;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Announces to Debian's opentracker, over HTTP and UDP, on every transport that loads. */
@Timeout(value = 2, unit = TimeUnit.MINUTES)
class TrackersIT {
  private static final InfoHash OTHER = InfoHash.fromHex("ff".repeat(20));

  @ParameterizedTest
  @EnumSource
  void peersMeetWhateverProtocolTheyAnnounceBy(Transports transport) throws Exception {
    assumeLoads(transport);
    EventLoopGroup loops = transport.eventLoops(1, "test");
    try (Tracker opentracker = Tracker.start(Announces.INFO_HASH);
        Trackers trackers = trackers(loops, transport)) {
      Set<InetSocketAddress> seenByFirst = ConcurrentHashMap.newKeySet();
      Set<InetSocketAddress> seenBySecond = ConcurrentHashMap.newKeySet();

      Announcer first =
          Announcer.start(
              settings(opentracker.http(), "-PW0100-aaaaaaaaaaaa", 10001),
              trackers,
              () -> new Totals(0, 0, 1000),
              (tracker, named) -> seenByFirst.addAll(named));
      await().until(() -> first.states().getFirst().outcome().equals("ok"));
      assertThat(opentracker.leechers(Announces.INFO_HASH)).isEqualTo(1);

      Announcer second =
          Announcer.start(
              settings(opentracker.udp(), "-PW0100-bbbbbbbbbbbb", 10002),
              trackers,
              () -> new Totals(0, 0, 0),
              (tracker, named) -> seenBySecond.addAll(named));
      await().until(() -> seenBySecond.contains(Ports.loopback(10001)));
      assertThat(opentracker.seeders(Announces.INFO_HASH)).isEqualTo(1);

      first.stop().get(30, TimeUnit.SECONDS);
      second.stop().get(30, TimeUnit.SECONDS);
      assertThat(opentracker.leechers(Announces.INFO_HASH)).isZero();
      assertThat(opentracker.seeders(Announces.INFO_HASH)).isZero();
    } finally {
      loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
    }
  }

  @ParameterizedTest
  @EnumSource
  void refusalsAndDeadTrackersAreNamed(Transports transport) throws Exception {
    assumeLoads(transport);
    EventLoopGroup loops = transport.eventLoops(1, "test");
    try (Tracker opentracker = Tracker.start(OTHER);
        Trackers trackers = trackers(loops, transport)) {
      int nobody = Ports.free();
      Announcer announcer =
          Announcer.start(
              Announces.settings(
                  List.of(
                      List.of(opentracker.http()),
                      List.of("http://127.0.0.1:" + nobody + "/announce"),
                      List.of("udp://127.0.0.1:" + nobody))),
              trackers,
              () -> new Totals(0, 0, 1000),
              (tracker, named) -> {});
      await()
          .untilAsserted(() ->
              assertThat(announcer.states())
                  .extracting(TrackerState::outcome)
                  .containsExactly(
                      "tracker refused the announce",
                      "connection refused by 127.0.0.1:" + nobody,
                      "connection refused by 127.0.0.1:" + nobody));
      announcer.stop().get(30, TimeUnit.SECONDS);
    } finally {
      loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
    }
  }

  @ParameterizedTest
  @EnumSource
  void completedMakesASeederOfUs(Transports transport) throws Exception {
    assumeLoads(transport);
    EventLoopGroup loops = transport.eventLoops(1, "test");
    try (Tracker opentracker = Tracker.start(Announces.INFO_HASH);
        Trackers trackers = trackers(loops, transport)) {
      List<Long> left = new ArrayList<>(List.of(1000L));
      Announcer announcer =
          Announcer.start(
              settings(opentracker.udp(), "-PW0100-aaaaaaaaaaaa", 10001),
              trackers,
              () -> new Totals(0, 0, left.getLast()),
              (tracker, named) -> {});
      await().until(() -> opentracker.leechers(Announces.INFO_HASH) == 1);
      left.add(0L);
      announcer.completed();
      await().until(() -> opentracker.seeders(Announces.INFO_HASH) == 1);
      announcer.stop().get(30, TimeUnit.SECONDS);
    } finally {
      loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
    }
  }

  @ParameterizedTest
  @EnumSource
  void aThousandAnnouncesLeaveNoSocketOpen(Transports transport) throws Exception {
    assumeLoads(transport);
    EventLoopGroup loops = transport.eventLoops(1, "test");
    try (Tracker opentracker = Tracker.start(Announces.INFO_HASH);
        Trackers trackers = trackers(loops, transport)) {
      announceAndStop(trackers, opentracker, 1);
      long before = openFiles();
      for (int round = 0; round < 250; round++) {
        announceAndStop(trackers, opentracker, round);
      }
      // Closing happens on the event loop, just after the answer.
      await().atMost(Duration.ofSeconds(30)).until(() -> openFiles() <= before + 2);
    } finally {
      loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
    }
  }

  private static void announceAndStop(Trackers trackers, Tracker opentracker, int round)
      throws Exception {
    Announcer announcer =
        Announcer.start(
            Announces.settings(
                List.of(List.of(opentracker.http()), List.of(opentracker.udp())),
                "-PW0100-%012d".formatted(round),
                10000 + round),
            trackers,
            () -> new Totals(0, 0, 0),
            (tracker, named) -> {});
    await()
        .pollInterval(Duration.ofMillis(1))
        .until(() -> announcer.states().stream().allMatch(s -> s.outcome().equals("ok")));
    announcer.stop().get(30, TimeUnit.SECONDS);
  }

  private static AnnounceSettings settings(String url, String peerId, int port) {
    return Announces.settings(List.of(List.of(url)), peerId, port);
  }

  private static Trackers trackers(EventLoopGroup loops, Transports transport) {
    return new Trackers(
        loops,
        transport,
        HostLookup.system(),
        AddressPolicy.everything(),
        TrackerLimits.defaults());
  }

  private static long openFiles() {
    return ((UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getOpenFileDescriptorCount();
  }

  private static void assumeLoads(Transports transport) {
    Assumptions.assumeTrue(
        transport.available(), () -> transport.setting() + " does not load on this machine");
  }
}
