package dev.piecework.tracker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.engine.TorrentStats.TrackerState;
import dev.piecework.tracker.AnnounceResult.Accepted;
import dev.piecework.tracker.AnnounceResult.Failed;
import dev.piecework.tracker.AnnounceResult.Retry;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Tiers, events and times, with the clock moved and trackers that answer when the test says. */
class AnnouncerTest {
  private static final String A = "http://a.example/announce";
  private static final String B = "http://b.example/announce";
  private static final String C = "udp://c.example:6969";
  private static final InetSocketAddress PEER =
      new InetSocketAddress(InetAddress.ofLiteral("192.0.2.1"), 6881);

  private final ManualScheduler clock = new ManualScheduler();
  private final List<Call> calls = new ArrayList<>();
  private final List<InetSocketAddress> peers = new ArrayList<>();

  /** An announce that waits for its answer. */
  private record Call(
      String host,
      AnnounceEvent event,
      int wanted,
      String trackerId,
      CompletableFuture<AnnounceResult> answer) {
    void accept() {
      accept(Duration.ofMinutes(30), Duration.ofMinutes(10));
    }

    void accept(Duration interval, Duration minInterval) {
      answer.complete(
          new Accepted(
              Optional.of(interval),
              Optional.of(minInterval),
              List.of(PEER),
              List.of(),
              "",
              "id-" + host));
    }

    void fail() {
      answer.complete(new Failed("connection refused by " + host));
    }
  }

  private Announcer start(List<List<String>> tiers) {
    Announcer announcer =
        new Announcer(
            Announces.settings(tiers),
            (url, request) -> {
              CompletableFuture<AnnounceResult> answer = new CompletableFuture<>();
              String host =
                  switch (url) {
                    case TrackerUrl.Http http -> http.host();
                    case TrackerUrl.Udp udp -> udp.host();
                    case TrackerUrl.Unusable unusable -> unusable.reason();
                  };
              calls.add(
                  new Call(host, request.event(), request.wanted(), request.trackerId(), answer));
              return answer;
            },
            clock,
            Runnable::run,
            new SplittableRandom(1),
            Duration.ofSeconds(5),
            () -> new Totals(1, 2, 3),
            (tracker, named) -> peers.addAll(named));
    announcer.begin();
    return announcer;
  }

  private Call last() {
    return calls.getLast();
  }

  @Test
  void announcesStartedAtOnceAndThenEveryInterval() {
    start(List.of(List.of(A)));
    assertThat(last().event).isEqualTo(AnnounceEvent.STARTED);
    last().accept();
    assertThat(peers).containsExactly(PEER);
    clock.advance(Duration.ofMinutes(30).minusNanos(1));
    assertThat(calls).hasSize(1);
    clock.advance(Duration.ofNanos(1));
    assertThat(calls).hasSize(2);
    assertThat(last().event).isEqualTo(AnnounceEvent.REGULAR);
    assertThat(last().trackerId).isEqualTo("id-a.example");
  }

  @Test
  void tiersAreAnnouncedToSideBySide() {
    start(List.of(List.of(A), List.of(B), List.of(C)));
    assertThat(calls).extracting(Call::host).containsExactly("a.example", "b.example", "c.example");
  }

  @Test
  void insideATierTheNextIsAskedWhenOneFailsAndWhoAnswersIsPreferred() {
    start(List.of(List.of(A, B)));
    String first = last().host;
    last().fail();
    String second = last().host;
    assertThat(second).isNotEqualTo(first);
    last().accept();
    assertThat(calls).hasSize(2);
    clock.advance(Duration.ofMinutes(30));
    assertThat(calls).hasSize(3);
    assertThat(last().host).isEqualTo(second);
    last().fail();
    assertThat(last().host).isEqualTo(first);
    assertThat(last().event).isEqualTo(AnnounceEvent.STARTED);
  }

  @Test
  void aTierIsShuffled() {
    List<String> hosts = new ArrayList<>();
    List<String> tier = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      hosts.add("t" + i + ".example");
      tier.add("http://t" + i + ".example/");
    }
    start(List.of(tier));
    while (calls.size() < 10) {
      last().fail();
    }
    assertThat(calls).extracting(Call::host).containsExactlyInAnyOrderElementsOf(hosts);
    assertThat(calls.stream().map(Call::host).toList()).isNotEqualTo(hosts);
  }

  @Test
  void failuresAreRepeatedEverLater() {
    start(List.of(List.of(A)));
    last().fail();
    assertThat(clock.untilNext()).contains(Duration.ofMillis(17_500));
    clock.advance(Duration.ofMillis(17_500));
    assertThat(calls).hasSize(2);
    last().fail();
    assertThat(clock.untilNext()).contains(Duration.ofSeconds(55));
  }

  @Test
  void successEndsTheGrowthOfTheDelay() {
    start(List.of(List.of(A)));
    last().fail();
    clock.advance(Duration.ofMillis(17_500));
    last().accept();
    clock.advance(Duration.ofMinutes(30));
    last().fail();
    assertThat(clock.untilNext()).contains(Duration.ofMillis(17_500));
  }

  @Test
  void aTrackerThatNamesATimeIsLeftAloneUntilThen() {
    start(List.of(List.of(A)));
    last().answer.complete(new Failed("refused", "busy", new Retry.After(Duration.ofHours(2))));
    assertThat(clock.untilNext()).contains(Duration.ofHours(2));
  }

  @Test
  void aTrackerThatSaysNeverIsLeftAloneForGood() {
    start(List.of(List.of(A)));
    last().answer.complete(new Failed("refused", "gone", new Retry.Never()));
    assertThat(clock.untilNext()).isEmpty();
  }

  @Test
  void completedIsSentAtOnceAndOnce() {
    Announcer announcer = start(List.of(List.of(A)));
    last().accept();
    clock.advance(Duration.ofSeconds(1));
    announcer.completed();
    assertThat(last().event).isEqualTo(AnnounceEvent.COMPLETED);
    last().accept();
    announcer.completed();
    clock.advance(Duration.ofMinutes(30));
    assertThat(calls)
        .extracting(Call::event)
        .containsExactly(AnnounceEvent.STARTED, AnnounceEvent.COMPLETED, AnnounceEvent.REGULAR);
  }

  @Test
  void completedWaitsForStartedToBeAnswered() {
    Announcer announcer = start(List.of(List.of(A)));
    announcer.completed();
    assertThat(calls).hasSize(1);
    last().accept();
    assertThat(calls)
        .extracting(Call::event)
        .containsExactly(AnnounceEvent.STARTED, AnnounceEvent.COMPLETED);
  }

  @Test
  void morePeersAreAskedForNoSoonerThanTheTrackerAllows() {
    Announcer announcer = start(List.of(List.of(A)));
    last().accept(Duration.ofMinutes(30), Duration.ofMinutes(10));
    clock.advance(Duration.ofMinutes(1));
    announcer.moreWanted();
    assertThat(calls).hasSize(1);
    assertThat(clock.untilNext()).contains(Duration.ofMinutes(9));
    clock.advance(Duration.ofMinutes(9));
    assertThat(calls).hasSize(2);
    last().accept();
    assertThat(clock.untilNext()).contains(Duration.ofMinutes(30));
  }

  @Test
  void morePeersAreNoReasonToHurryAFailingTracker() {
    Announcer announcer = start(List.of(List.of(A)));
    last().fail();
    announcer.moreWanted();
    assertThat(calls).hasSize(1);
    assertThat(clock.untilNext()).contains(Duration.ofMillis(17_500));
  }

  @Test
  void stoppedIsSentToThoseWhoKnowUsAndAwaited() {
    Announcer announcer = start(List.of(List.of(A), List.of(B), List.of(C)));
    calls.get(0).accept();
    calls.get(1).fail();
    CompletableFuture<Void> stopped = announcer.stop();
    assertThat(calls).hasSize(4);
    assertThat(last().host).isEqualTo("a.example");
    assertThat(last().event).isEqualTo(AnnounceEvent.STOPPED);
    assertThat(last().wanted).isZero();
    assertThat(calls.get(2).answer).isCancelled();
    assertThat(stopped).isNotDone();
    last().accept();
    assertThat(stopped).isCompleted();
    assertThat(clock.waiting()).isZero();
  }

  @Test
  void stoppedIsAwaitedFiveSecondsAtMost() {
    Announcer announcer = start(List.of(List.of(A)));
    last().accept();
    CompletableFuture<Void> stopped = announcer.stop();
    clock.advance(Duration.ofSeconds(5).minusNanos(1));
    assertThat(stopped).isNotDone();
    clock.advance(Duration.ofNanos(1));
    assertThat(stopped).isCompleted();
    assertThat(last().answer).isCancelled();
  }

  @Test
  void afterStopNothingIsAnnouncedAnyMore() {
    Announcer announcer = start(List.of(List.of(A)));
    last().accept();
    CompletableFuture<Void> stopped = announcer.stop();
    last().accept();
    announcer.completed();
    announcer.moreWanted();
    assertThat(announcer.stop()).isCompleted();
    clock.advance(Duration.ofDays(2));
    assertThat(calls).hasSize(2);
    assertThat(stopped).isCompleted();
  }

  @Test
  void withoutTrackersThereIsNothingToDo() {
    Announcer announcer = start(List.of());
    announcer.completed();
    announcer.moreWanted();
    assertThat(announcer.states()).isEmpty();
    assertThat(announcer.stop()).isCompleted();
  }

  @Test
  void statesShowEveryTrackerWithItsOutcome() {
    Announcer announcer =
        start(List.of(List.of(A, "wss://w.example/"), List.of(B), List.of(A, C, " ")));
    calls.stream().filter(c -> c.host.equals("a.example")).findFirst().orElseThrow().accept();
    calls.stream().filter(c -> c.host.equals("b.example")).findFirst().orElseThrow().fail();
    assertThat(announcer.states())
        .containsExactly(
            new TrackerState(A, "ok", 1),
            new TrackerState(
                "wss://w.example/",
                "skipped: unsupported scheme \"wss\": only http, https and udp trackers are"
                    + " announced to",
                0),
            new TrackerState(B, "connection refused by b.example", 0),
            new TrackerState(A, "skipped: named before", 0),
            new TrackerState(C, "waiting", 0),
            new TrackerState("", "skipped: not a URL: expected http://, https:// or udp://", 0));
  }

  @Test
  void whatATrackerWritesIsNoPartOfItsState() {
    Announcer announcer = start(List.of(List.of(A), List.of(B)));
    calls.stream()
        .filter(c -> c.host.equals("a.example"))
        .forEach(c -> c.answer.complete(new Failed(HttpAnswer.REFUSED, "passkey 1234 unknown")));
    calls.stream()
        .filter(c -> c.host.equals("b.example"))
        .forEach(c ->
            c.answer.complete(
                new Accepted(
                    Optional.empty(),
                    Optional.empty(),
                    List.of(PEER),
                    List.of(),
                    "passkey 1234 expires",
                    "")));
    assertThat(announcer.states())
        .extracting(TrackerState::outcome)
        .containsExactly("tracker refused the announce", "ok");
  }

  @Test
  void aTorrentOfAThousandTrackersIsAnnouncedToAHundred() {
    List<List<String>> tiers = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      tiers.add(List.of("http://t" + i + ".example/"));
    }
    Announcer announcer = start(tiers);
    assertThat(calls).hasSize(TrackerList.MAX_TRACKERS);
    assertThat(announcer.states().getLast().outcome()).contains("more than 100 trackers");
    assertThat(announcer.states()).hasSizeLessThanOrEqualTo(2 * TrackerList.MAX_TRACKERS);
  }
}
