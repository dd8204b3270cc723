package dev.piecework.acceptance.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ScheduleTest {
  private static final int TORRENTS = 6;
  private static final int WORKERS = 3;

  @Test
  void isAFunctionOfSeedAndRound() {
    assertThat(draw(42, 17)).isEqualTo(draw(42, 17));
    assertThat(draw(42, 17)).isNotEqualTo(draw(42, 18)).isNotEqualTo(draw(43, 17));
  }

  @Test
  void everyRoundHasJobsOfDifferentTorrentsAndSomethingGoesWrong() {
    assertThat(rounds())
        .allSatisfy(schedule -> {
          assertThat(schedule.jobs()).isNotEmpty();
          assertThat(schedule.jobs())
              .extracting(Schedule.PlannedJob::torrent)
              .doesNotHaveDuplicates();
          assertThat(schedule.faults()).isNotEmpty();
        });
  }

  @Test
  void everyKindOfFaultComes() {
    Set<String> kinds =
        rounds().stream()
            .flatMap(schedule -> schedule.faults().stream())
            .map(Fault::kind)
            .collect(Collectors.toSet());
    assertThat(kinds)
        .contains(
            "kill",
            "freeze",
            "term",
            "resubmit",
            "pause",
            "cancel",
            "cancel-retry",
            "store-500",
            "store-503")
        .contains("store-lost-answer", "broker-down", "database-down", "store-down")
        .contains("broker-cut", "database-hang", "store-slow")
        .contains("link-cut", "link-freeze", "link-one-way", "link-flap")
        .contains("link-at-commit", "link-at-confirm", "link-at-complete", "link-at-part")
        .contains("peer-cut", "peer-freeze", "peer-one-way", "peer-flap", "clock", "twin");
  }

  @Test
  void whatHappensAtOneServiceOnlyHappensThere() {
    assertThat(rounds())
        .flatExtracting(Schedule::faults)
        .filteredOn(Fault.Link.class::isInstance)
        .allSatisfy(fault -> {
          Fault.Link link = (Fault.Link) fault;
          assertThat(link.how().service().orElse(link.service())).isEqualTo(link.service());
        });
  }

  @Test
  void aFrozenWorkerAlwaysLosesItsLeases() {
    assertThat(rounds())
        .flatExtracting(Schedule::faults)
        .filteredOn(Fault.Freeze.class::isInstance)
        .allSatisfy(
            fault -> assertThat(((Fault.Freeze) fault).length()).isGreaterThan(Installation.LEASE));
  }

  private static List<Schedule> rounds() {
    return IntStream.rangeClosed(1, 900).mapToObj(round -> draw(5, round)).toList();
  }

  private static Schedule draw(long seed, int round) {
    return Schedule.draw(seed, round, TORRENTS, WORKERS);
  }
}
