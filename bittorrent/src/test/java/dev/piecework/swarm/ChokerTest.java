package dev.piecework.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.swarm.Choker.Candidate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ChokerTest {
  private static final long LONG_AGO = -1_000_000_000_000L;

  private final Choker<String> choker = new Choker<>(4, new SplittableRandom(7));
  private long now;

  private static Candidate<String> giver(String peer, long received) {
    return new Candidate<>(peer, peer, true, false, received, 0, LONG_AGO);
  }

  private static List<Candidate<String>> strangers(int count) {
    List<Candidate<String>> peers = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      peers.add(giver("stranger" + i, 0));
    }
    return peers;
  }

  @Test
  void thoseWhoGaveMostAreUnchokedAndOneStranger() {
    List<Candidate<String>> peers = strangers(10);
    peers.add(giver("good", 300));
    peers.add(giver("better", 400));
    peers.add(giver("best", 500));
    peers.add(giver("poor", 1));
    Set<String> unchoked = choker.decide(now, peers, false);
    assertThat(unchoked).hasSize(4).contains("good", "better", "best");
  }

  @Test
  void whoWantsNothingTakesNoSlot() {
    List<Candidate<String>> peers = strangers(3);
    peers.add(new Candidate<>("uninterested", "uninterested", false, false, 900, 0, LONG_AGO));
    assertThat(choker.decide(now, peers, false)).doesNotContain("uninterested").hasSize(3);
  }

  @Test
  void everybodyIsUnchokedWhileSlotsAreFree() {
    assertThat(choker.decide(now, strangers(4), false)).hasSize(4);
  }

  @Test
  void theOptimisticSlotStaysForThirtySecondsAndThenMovesOn() {
    List<Candidate<String>> peers = strangers(10);
    peers.add(giver("good", 300));
    peers.add(giver("better", 400));
    peers.add(giver("best", 500));
    Set<String> first = choker.decide(now, peers, false);
    now += Choker.RECHOKE_NANOS;
    assertThat(choker.decide(now, peers, false)).isEqualTo(first);
    now += Choker.RECHOKE_NANOS;
    assertThat(choker.decide(now, peers, false)).isEqualTo(first);
    now += Choker.RECHOKE_NANOS;
    assertThat(choker.decide(now, peers, false)).isNotEqualTo(first);
  }

  @Test
  void newcomersAreThreeTimesAsLikelyToBeTriedNext() {
    Map<String, Integer> drawn = new HashMap<>();
    for (int round = 0; round < 4000; round++) {
      Choker<String> fresh = new Choker<>(2, new SplittableRandom(round));
      List<Candidate<String>> peers = new ArrayList<>();
      peers.add(giver("best", 500));
      peers.add(giver("old", 0));
      peers.add(new Candidate<>("new", "new", true, false, 0, 0, now - 1));
      for (String peer : fresh.decide(now, peers, false)) {
        drawn.merge(peer, 1, Integer::sum);
      }
    }
    assertThat(drawn.get("best")).isEqualTo(4000);
    assertThat(drawn.getOrDefault("new", 0) / (double) drawn.getOrDefault("old", 1))
        .isBetween(2.5, 3.5);
  }

  @Test
  void aSnubbingPeerEarnsNoSlotByWhatItOnceGave() {
    Choker<String> two = new Choker<>(2, new SplittableRandom(7));
    List<Candidate<String>> peers = new ArrayList<>();
    peers.add(new Candidate<>("snubbing", "snubbing", true, true, 900, 0, LONG_AGO));
    peers.add(giver("good", 300));
    peers.add(giver("other", 200));
    assertThat(two.decide(now, peers, false)).contains("good");
  }

  @Test
  void seedingEverybodyGetsATurn() {
    List<Candidate<String>> peers = strangers(10);
    Set<String> served = new HashSet<>();
    for (int round = 0; round < 3 * 6; round++) {
      Set<String> unchoked = choker.decide(now, peers, true);
      assertThat(unchoked).hasSize(4);
      served.addAll(unchoked);
      now += Choker.RECHOKE_NANOS;
    }
    assertThat(served).hasSize(10);
  }

  @Test
  void seedingATurnLastsAMinute() {
    List<Candidate<String>> peers = strangers(10);
    Set<String> first = choker.decide(now, peers, true);
    for (int round = 0; round < 5; round++) {
      now += Choker.RECHOKE_NANOS;
      assertThat(choker.decide(now, peers, true)).isEqualTo(first);
    }
    now += Choker.RECHOKE_NANOS;
    assertThat(choker.decide(now, peers, true)).doesNotContainAnyElementsOf(first);
  }

  @Test
  void seedingNobodyIsChokedWhileNobodyWaits() {
    List<Candidate<String>> peers = strangers(4);
    Set<String> first = choker.decide(now, peers, true);
    now += 10 * Choker.SEED_TURN_NANOS;
    assertThat(choker.decide(now, peers, true)).isEqualTo(first);
  }

  @Test
  void betweenDecisionsFreeSlotsAreGivenAwayAndNobodyLosesOne() {
    List<Candidate<String>> peers = strangers(2);
    Set<String> first = choker.decide(now, peers, false);
    peers.addAll(List.of(giver("late", 0), giver("later", 0), giver("latest", 900)));
    assertThat(choker.due(now)).isFalse();
    assertThat(choker.fill(now, peers)).hasSize(4).containsAll(first).contains("latest");
  }

  @Test
  void whoLeavesFreesItsSlot() {
    List<Candidate<String>> peers = strangers(8);
    Set<String> first = choker.decide(now, peers, false);
    peers.removeIf(c -> first.contains(c.peer()));
    assertThat(choker.fill(now, peers)).hasSize(4).doesNotContainAnyElementsOf(first);
  }

  @Test
  void aDecisionIsDueEveryTenSeconds() {
    assertThat(choker.due(now)).isTrue();
    choker.decide(now, List.of(), false);
    assertThat(choker.due(now + Choker.RECHOKE_NANOS - 1)).isFalse();
    assertThat(choker.due(now + Choker.RECHOKE_NANOS)).isTrue();
  }

  @Test
  void oneSlotIsStillSharedWithStrangers() {
    Choker<String> single = new Choker<>(1, new SplittableRandom(7));
    List<Candidate<String>> peers = strangers(5);
    peers.add(giver("best", 500));
    Set<String> served = new HashSet<>();
    int best = 0;
    for (int round = 0; round < 90; round++) {
      Set<String> unchoked = single.decide(now, peers, false);
      assertThat(unchoked).hasSize(1);
      best += unchoked.contains("best") ? 1 : 0;
      served.addAll(unchoked);
      now += Choker.RECHOKE_NANOS;
    }
    assertThat(served).hasSizeGreaterThan(2);
    assertThat(best).isGreaterThan(45);
  }

  @Test
  void seedingATurnIsNotWonAgainByConnectingAnew() {
    List<Candidate<String>> peers = strangers(10);
    peers.add(new Candidate<>("again0", "flapping", true, false, 0, 0, LONG_AGO));
    Map<String, Integer> roundsServed = new HashMap<>();
    for (int round = 1; round <= 10 * 6; round++) {
      for (String peer : choker.decide(now, peers, true)) {
        roundsServed.merge(peer.startsWith("again") ? "flapping" : peer, 1, Integer::sum);
      }
      // It connects anew before each decision, as one that has never been served.
      peers.removeLast();
      peers.add(new Candidate<>("again" + round, "flapping", true, false, 0, 0, now));
      now += Choker.RECHOKE_NANOS;
    }
    int least = strangers(10).stream().mapToInt(c -> roundsServed.get(c.peer())).min().orElse(0);
    assertThat(roundsServed.get("flapping")).isLessThanOrEqualTo(least);
  }

  @Test
  void seedingAPeerAmongManyHostileOnesWaitsNoMoreThanOneTurnOfEach() {
    // 38 hold their slots as long as they may, two of them by connecting anew each round.
    List<Candidate<String>> peers = strangers(38);
    peers.add(giver("honest", 0));
    int rounds = 0;
    while (!choker.decide(now, peers, true).contains("honest")) {
      for (int again = 0; again < 2; again++) {
        peers.set(
            again,
            new Candidate<>(
                "again" + again + "-" + rounds, "flapping" + again, true, false, 0, 0, now));
      }
      now += Choker.RECHOKE_NANOS;
      rounds++;
    }
    assertThat(rounds * Choker.RECHOKE_NANOS).isLessThanOrEqualTo(10 * Choker.SEED_TURN_NANOS);
  }

  @Test
  void downloadingAPeerThatGivesIsServedWithinOneRoundHoweverManyTakeOnly() {
    List<Candidate<String>> peers = strangers(38);
    choker.decide(now, peers, false);
    peers.add(giver("honest", 16 << 10));
    now += Choker.RECHOKE_NANOS;
    assertThat(choker.decide(now, peers, false)).contains("honest");
  }

  @Test
  void connectingAnewDoesNotMakeANewcomerForTheOptimisticSlot() {
    Map<String, Integer> drawn = new HashMap<>();
    Choker<String> two = new Choker<>(2, new SplittableRandom(11));
    for (int round = 0; round < 3000; round++) {
      List<Candidate<String>> peers = new ArrayList<>();
      peers.add(giver("best", 500));
      peers.add(giver("one", 0));
      peers.add(giver("two", 0));
      peers.add(giver("three", 0));
      peers.add(new Candidate<>("again" + round, "flapping", true, false, 0, 0, now - 1));
      for (String peer : two.decide(now, peers, false)) {
        drawn.merge(peer.startsWith("again") ? "flapping" : peer, 1, Integer::sum);
      }
      now += Choker.OPTIMISTIC_NANOS;
    }
    assertThat(drawn.getOrDefault("flapping", 0) / (double) drawn.getOrDefault("one", 1))
        .isBetween(0.7, 1.3);
  }

  @Test
  void aSlotThatIsFreedGoesToWhoeverWaitedLongest() {
    Choker<String> one = new Choker<>(1, new SplittableRandom(7));
    assertThat(one.decide(now, List.of(giver("a", 0)), true)).containsExactly("a");
    now += Choker.RECHOKE_NANOS;
    List<Candidate<String>> peers =
        List.of(
            new Candidate<>("a again", "a", true, false, 0, 0, now),
            new Candidate<>("b", "b", true, false, 0, 0, now));
    assertThat(one.fill(now, peers)).containsExactly("b");
  }
}
