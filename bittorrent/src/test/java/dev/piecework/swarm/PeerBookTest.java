package dev.piecework.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class PeerBookTest {
  private static final Referrer LIAR = Referrer.tracker("liar:80");
  private static final Referrer OTHER = Referrer.tracker("other:80");
  private static final InetSocketAddress GOOD = address("198.51.100.7", 6881);

  private final PeerBook book = new PeerBook(2000);
  private long now = 1;

  @Test
  void twoThousandDeadAddressesOfOneTrackerDoNotKeepAnothersOut() {
    deadAddresses(2000);
    book.add(GOOD, OTHER);

    assertThat(book.size()).isEqualTo(2000);
    assertThat(callsUntilGood()).isLessThanOrEqualTo(2);
  }

  @Test
  void aGivenPeerIsCalledSoonWhateverTrackersName() {
    deadAddresses(2000);
    book.add(GOOD, Referrer.GIVEN);

    assertThat(callsUntilGood()).isLessThanOrEqualTo(2);
  }

  @Test
  void aGivenPeerThatATrackerNamedTooCountsAsGiven() {
    deadAddresses(1500);
    book.add(GOOD, LIAR);
    book.add(GOOD, Referrer.GIVEN);

    assertThat(book.referrer(GOOD)).contains(Referrer.GIVEN);
    assertThat(callsUntilGood()).isLessThanOrEqualTo(2);
  }

  @Test
  void addressesThatCameLaterPushNobodyElsesOut() {
    book.add(GOOD, Referrer.GIVEN);
    InetSocketAddress other = address("198.51.100.8", 6881);
    book.add(other, OTHER);
    deadAddresses(3000);

    assertThat(book.referrer(GOOD)).isPresent();
    assertThat(book.referrer(other)).isPresent();
    assertThat(book.size()).isEqualTo(2000);
  }

  @Test
  void twoTrackersShareAFullBookEvenly() {
    deadAddresses(2000);
    for (int i = 0; i < 2000; i++) {
      book.add(address("100.65." + i / 250 + "." + i % 250, 6881), OTHER);
    }
    int others = 0;
    for (int i = 0; i < 2000; i++) {
      others +=
          book.referrer(address("100.65." + i / 250 + "." + i % 250, 6881)).isPresent() ? 1 : 0;
    }

    assertThat(others).isBetween(998, 1002);
  }

  @Test
  void aFullBookOfOneTrackerForgetsWhatFailedMostOften() {
    PeerBook small = new PeerBook(2);
    small.add(address("192.0.2.1", 1), LIAR);
    small.add(address("192.0.2.2", 1), LIAR);
    small.ended(address("192.0.2.2", 1), CallOutcome.UNREACHABLE, now);
    small.add(GOOD, LIAR);

    assertThat(small.referrer(GOOD)).isPresent();
    assertThat(small.referrer(address("192.0.2.2", 1))).isEmpty();
  }

  @Test
  void ofOneHostOnlySomePortsAreKept() {
    for (int port = 1; port <= 1000; port++) {
      book.add(address("192.0.2.1", port), LIAR);
    }

    assertThat(book.size()).isEqualTo(PeerBook.MOST_PER_NETWORK);
  }

  @Test
  void whoeverFailsIsCalledAgainEverLater() {
    book.add(GOOD, OTHER);
    List<Long> delays = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      delays.add(delayAfter(CallOutcome.UNREACHABLE));
    }

    assertThat(delays).startsWith(10L, 20L, 40L, 80L).endsWith(3600L, 3600L);
  }

  @Test
  void onePeerThatGivesALittleAndHangsUpIsCalledAgainAtOnceEachTime() {
    book.add(GOOD, OTHER);
    delayAfter(CallOutcome.UNREACHABLE);
    for (int i = 0; i < 20; i++) {
      assertThat(delayAfter(CallOutcome.GAVE)).isLessThanOrEqualTo(3);
    }
    assertThat(delayAfter(CallOutcome.UNREACHABLE)).as("failures are forgotten").isEqualTo(10);
  }

  @Test
  void oneSlipDelaysTheNextCallAndBansNobody() {
    book.add(GOOD, OTHER);

    assertThat(delayAfter(CallOutcome.SLIPPED)).isEqualTo(10);
    assertThat(delayAfter(CallOutcome.SLIPPED)).isEqualTo(20);
  }

  @Test
  void ourOwnAddressIsNotKeptAndTheMemoryOfSuchIsBounded() {
    book.remove(GOOD);
    book.add(GOOD, OTHER);
    assertThat(book.size()).isZero();

    for (int port = 1; port <= 1000; port++) {
      book.remove(address("192.0.2.1", port));
    }
    book.add(GOOD, OTHER);
    assertThat(book.size()).isOne();
  }

  private void deadAddresses(int count) {
    for (int i = 0; i < count; i++) {
      book.add(address("100.64." + i / 250 + "." + i % 250, 6881), LIAR);
    }
  }

  private int callsUntilGood() {
    for (int calls = 1; calls <= 2000; calls++) {
      Optional<InetSocketAddress> next = next();
      assertThat(next).isPresent();
      if (next.get().equals(GOOD)) {
        return calls;
      }
      book.busy(next.get());
    }
    return Integer.MAX_VALUE;
  }

  private long delayAfter(CallOutcome outcome) {
    assertThat(next()).contains(GOOD);
    book.busy(GOOD);
    assertThat(next()).isEmpty();
    book.ended(GOOD, outcome, now);
    for (long seconds = 0; seconds <= 3600; seconds++) {
      if (next().isPresent()) {
        return seconds;
      }
      now += TimeUnit.SECONDS.toNanos(1);
    }
    return -1;
  }

  private Optional<InetSocketAddress> next() {
    return book.next(now, true, _ -> true, _ -> true);
  }

  private static InetSocketAddress address(String address, int port) {
    return new InetSocketAddress(InetAddress.ofLiteral(address), port);
  }
}
