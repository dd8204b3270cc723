package dev.piecework.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.layout.Bundle;
import dev.piecework.layout.Part;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class PiecePickerTest {
  private static final int BUNDLES = 8;
  private static final int PER_BUNDLE = 4;
  private static final int PIECES = BUNDLES * PER_BUNDLE;
  private static final long BUNDLE_BYTES = 100;

  private final Availability availability = new Availability(PIECES);

  @Test
  void aBundleIsFinishedBeforeAnotherIsOpened() {
    PiecePicker picker = picker(8 * BUNDLE_BYTES);
    PieceSet seed = peer(range(0, PIECES));
    Set<Integer> bundles = new HashSet<>();
    for (int i = 0; i < PER_BUNDLE; i++) {
      bundles.add(begin(picker, seed) / PER_BUNDLE);
    }
    assertThat(bundles).hasSize(1);
    assertThat(picker.openBytes()).isEqualTo(BUNDLE_BYTES);
    begin(picker, seed);
    assertThat(picker.openBytes()).isEqualTo(2 * BUNDLE_BYTES);
  }

  @Test
  void nothingIsOpenedBeyondTheWindowUntilABundleIsDurable() {
    PiecePicker picker = picker(2 * BUNDLE_BYTES);
    PieceSet seed = peer(range(0, PIECES));
    List<Integer> begun = new ArrayList<>();
    for (int i = 0; i < 2 * PER_BUNDLE; i++) {
      begun.add(begin(picker, seed));
    }
    assertThat(picker.pick(seed)).isEqualTo(-1);
    begun.forEach(piece -> {
      picker.arrived(piece);
      picker.verified(piece);
    });
    assertThat(picker.pick(seed)).as("verified is not yet durable").isEqualTo(-1);

    picker.bundleDone(begun.getFirst() / PER_BUNDLE);
    assertThat(picker.pick(seed)).isNotNegative();
  }

  @Test
  void oneBundleIsOpenHoweverSmallTheWindow() {
    assertThat(picker(0).pick(peer(range(0, PIECES)))).isNotNegative();
  }

  @Test
  void aPeerThatHasNothingOfTheWindowMayOpenAnotherUpToTheStarvedLimit() {
    PiecePicker picker = picker(BUNDLE_BYTES, 2 * BUNDLE_BYTES);
    PieceSet first = peer(range(0, PER_BUNDLE));
    assertThat(picker.pick(first)).isLessThan(PER_BUNDLE);

    PieceSet second = peer(range(PER_BUNDLE, 2 * PER_BUNDLE));
    assertThat(picker.pick(second)).isBetween(PER_BUNDLE, 2 * PER_BUNDLE - 1);

    PieceSet third = peer(range(2 * PER_BUNDLE, 3 * PER_BUNDLE));
    assertThat(picker.pick(third)).as("beyond the starved limit").isEqualTo(-1);
  }

  @Test
  void aPeerWaitsWhenTheWindowMissesOnlyDurability() {
    PiecePicker picker = picker(BUNDLE_BYTES, 4 * BUNDLE_BYTES);
    PieceSet first = peer(range(0, PER_BUNDLE));
    for (int i = 0; i < PER_BUNDLE; i++) {
      int piece = begin(picker, first);
      picker.arrived(piece);
      picker.verified(piece);
    }
    assertThat(picker.pick(peer(range(PER_BUNDLE, PIECES)))).isEqualTo(-1);
  }

  @Test
  void aPeerThatCouldHelpInTheWindowDoesNotOpenAnother() {
    PiecePicker picker = picker(BUNDLE_BYTES, 4 * BUNDLE_BYTES);
    PieceSet seed = peer(range(0, PIECES));
    for (int i = 0; i < PER_BUNDLE; i++) {
      begin(picker, seed);
    }
    assertThat(picker.pick(peer(range(0, PIECES)))).isEqualTo(-1);
  }

  @Test
  void theRarestPieceOfABundleComesFirst() {
    for (int i = 0; i < 3; i++) {
      peer(range(0, PIECES));
    }
    BitSet allButOne = range(0, PIECES);
    allButOne.clear(2);
    PieceSet common = peer(allButOne);
    PieceSet only = peer(range(0, PER_BUNDLE));
    peer(allButOne);
    PiecePicker picker = picker(BUNDLE_BYTES);
    assertThat(picker.pick(only)).isEqualTo(2);
    assertThat(picker.pick(common)).isNotEqualTo(2).isLessThan(PER_BUNDLE);
  }

  @Test
  void afterTheFirstFewTheRarestBundleIsOpened() {
    PieceSet seed = peer(range(0, PIECES));
    peer(range(0, 7 * PER_BUNDLE));
    PiecePicker picker = picker(PIECES * BUNDLE_BYTES);
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < PIECES; i++) {
      int bundle = begin(picker, seed) / PER_BUNDLE;
      if (!order.contains(bundle)) {
        order.add(bundle);
      }
    }
    assertThat(order.indexOf(7)).isLessThanOrEqualTo(4);
  }

  @Test
  void aPieceThatFailedIsPickedAgain() {
    PiecePicker picker = picker(BUNDLE_BYTES);
    PieceSet one = peer(range(5, 6));
    int piece = begin(picker, one);
    assertThat(picker.pick(one)).isEqualTo(-1);
    picker.arrived(piece);
    picker.failed(piece);
    assertThat(picker.pick(one)).isEqualTo(piece);
    assertThat(picker.finished()).isFalse();
  }

  @Test
  void whatIsAvailableIsNotDownloadedAndWhatIsDoneIsNotWanted() {
    BitSet done = range(0, 1);
    BitSet available = range(PER_BUNDLE, 2 * PER_BUNDLE);
    PiecePicker picker =
        new PiecePicker(
            PIECES, bundles(), done, available, 1000, 1000, availability, new Random(1));
    assertThat(picker.needed().count()).isEqualTo(PIECES - 2 * PER_BUNDLE);
    assertThat(picker.have().count()).isEqualTo(PER_BUNDLE);
    assertThat(picker.pick(peer(range(0, 2 * PER_BUNDLE)))).isEqualTo(-1);
  }

  @Test
  void aBundleThatIsThereButNotDurableHoldsItsPlaceInTheWindow() {
    PiecePicker picker =
        new PiecePicker(
            PIECES,
            bundles(),
            new BitSet(),
            range(0, PER_BUNDLE),
            BUNDLE_BYTES,
            BUNDLE_BYTES,
            availability,
            new Random(1));
    PieceSet seed = peer(range(0, PIECES));
    assertThat(picker.pick(seed)).isEqualTo(-1);
    picker.bundleDone(0);
    assertThat(picker.pick(seed)).isNotNegative();
  }

  @Test
  void aPieceSharedByTwoBundlesIsDownloadedOnce() {
    List<Bundle> sharing =
        List.of(
            new Bundle(0, 0, 2, List.of(new Part(0, 1, 0, BUNDLE_BYTES))),
            new Bundle(1, 2, 4, List.of(new Part(0, 2, BUNDLE_BYTES, BUNDLE_BYTES))));
    Availability counts = new Availability(5);
    PieceSet seed = new PieceSet(5);
    seed.fill();
    counts.add(seed);
    PiecePicker picker =
        new PiecePicker(5, sharing, new BitSet(), new BitSet(), 1000, 1000, counts, new Random(1));
    Set<Integer> pieces = new HashSet<>();
    for (int i = 0; i < 5; i++) {
      int piece = begin(picker, seed);
      assertThat(pieces.add(piece)).isTrue();
      picker.arrived(piece);
      picker.verified(piece);
    }
    assertThat(picker.finished()).isTrue();
    picker.bundleDone(0);
    assertThat(picker.forget(2)).isTrue();
    assertThat(picker.isNeeded(2)).as("the second bundle still needs it").isTrue();
  }

  @Test
  void withoutRoomNothingIsOpenedBesideTheOneThatIsUntilThereIsSome() {
    PiecePicker picker = picker(100 * BUNDLE_BYTES);
    PieceSet seed = peer(range(0, PIECES));
    AtomicInteger asked = new AtomicInteger();
    AtomicBoolean room = new AtomicBoolean();
    picker.room((first, last, must) -> {
      asked.incrementAndGet();
      return room.get();
    });
    for (int i = 0; i < PER_BUNDLE; i++) {
      begin(picker, seed);
    }

    assertThat(picker.pick(seed)).isEqualTo(-1);
    assertThat(picker.pick(seed)).isEqualTo(-1);
    assertThat(asked).as("the first bundle, and the second once").hasValue(2);
    assertThat(picker.openBytes()).isEqualTo(BUNDLE_BYTES);

    room.set(true);
    int version = picker.version();
    picker.refresh();
    assertThat(picker.version()).as("peers look again").isNotEqualTo(version);
    assertThat(picker.pick(seed)).isNotNegative();
  }

  @Test
  void bundlesThatShareAPieceWithOneThatWasBegunComeFirst() {
    List<Bundle> sharing = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      sharing.add(new Bundle(i, 2 * i, 2 * i + 2, List.of(new Part(0, i + 1, i * 100L, 100))));
    }
    Availability counts = new Availability(41);
    PieceSet seed = new PieceSet(41);
    range(0, 41).stream().forEach(seed::add);
    counts.add(seed);
    PiecePicker picker =
        new PiecePicker(
            41, sharing, new BitSet(), new BitSet(), 10000, 10000, counts, new Random(1));

    BitSet begun = new BitSet();
    for (int i = 0; i < 20; i++) {
      int piece = picker.pick(seed);
      picker.began(piece);
      begun.set(piece);
    }

    int first = begun.nextSetBit(0);
    assertThat(begun.length() - first).as("one run without holes but the last").isLessThan(23);
  }

  private PiecePicker picker(long window) {
    return picker(window, window);
  }

  private PiecePicker picker(long window, long starved) {
    return new PiecePicker(
        PIECES,
        bundles(),
        new BitSet(),
        new BitSet(),
        window,
        starved,
        availability,
        new Random(1));
  }

  private static int begin(PiecePicker picker, PieceSet peer) {
    int piece = picker.pick(peer);
    assertThat(piece).isNotNegative();
    picker.began(piece);
    return piece;
  }

  private PieceSet peer(BitSet has) {
    PieceSet pieces = new PieceSet(PIECES);
    has.stream().forEach(pieces::add);
    availability.add(pieces);
    return pieces;
  }

  private static BitSet range(int from, int to) {
    BitSet bits = new BitSet();
    bits.set(from, to);
    return bits;
  }

  private static List<Bundle> bundles() {
    List<Bundle> bundles = new ArrayList<>();
    for (int i = 0; i < BUNDLES; i++) {
      bundles.add(
          new Bundle(
              i,
              i * PER_BUNDLE,
              (i + 1) * PER_BUNDLE - 1,
              List.of(new Part(0, i + 1, i * BUNDLE_BYTES, BUNDLE_BYTES))));
    }
    return bundles;
  }
}
