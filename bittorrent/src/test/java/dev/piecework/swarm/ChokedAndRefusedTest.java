package dev.piecework.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.layout.Bundle;
import dev.piecework.layout.Part;
import dev.piecework.metainfo.Metainfo;
import dev.piecework.metainfo.MetainfoParser;
import dev.piecework.testkit.Content;
import dev.piecework.testkit.TorrentMaker;
import io.netty.buffer.Unpooled;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.IntConsumer;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Peers that refuse and peers that never unchoke, but would serve all the same. */
@SuppressWarnings("NullAway.Init") // start() makes what is not made here
class ChokedAndRefusedTest {
  private static final int BLOCK = PieceAssembly.BLOCK;
  private static final int PIECE = 2 * BLOCK;
  private static final long SECOND = 1_000_000_000L;
  private static final long TICK = SECOND / 2;

  @TempDir Path folder;
  private final PieceBuffers memory = new PieceBuffers(16L << 20);
  private final Deque<PieceAssembly> arrived = new ArrayDeque<>();
  private final Deque<Asked> asked = new ArrayDeque<>();
  private int pieces;
  private Download download;
  private Source source;
  private IntConsumer durable = _ -> {};
  private int begun;
  private long now = SECOND;

  private record Asked(int piece, int offset, int length) {}

  @AfterEach
  void release() {
    memory.close();
  }

  @ParameterizedTest
  @ValueSource(ints = {10, 100, 300})
  void aPeerThatRefusesEachBlockOnceIsDoneWithInSeconds(int pieces) throws Exception {
    start(pieces, 1L << 30);
    download.unchoked(source);
    Set<Asked> refused = new HashSet<>();

    // libtorrent takes 1.2 s for ten pieces.
    int done = run(30 * SECOND, each -> !refused.add(each));

    assertThat(done).isEqualTo(pieces);
    assertThat(now).isLessThan((5 + pieces / 20) * SECOND);
  }

  @Test
  void aPeerThatRefusesEverythingIsAskedLessAndLessAndRememberedInBounds() throws Exception {
    start(1000, 1L << 30);
    download.unchoked(source);

    run(60 * SECOND, _ -> false);
    int firstMinute = begun;
    begun = 0;
    run(60 * SECOND, _ -> false);

    assertThat(firstMinute).isLessThan(20 * Refusals.MOST_IN_A_ROW);
    assertThat(begun).isLessThan(firstMinute / 2);
    assertThat(source.refusals.size()).isLessThanOrEqualTo(Refusals.MOST_PIECES);
  }

  @Test
  void aPeerThatRefusedEverythingForMinutesIsAskedForAllOnceItServes() throws Exception {
    start(300, 1L << 30);
    download.unchoked(source);
    run(120 * SECOND, _ -> false);

    long from = now;
    int done = run(180 * SECOND, _ -> true);

    assertThat(done).isEqualTo(300);
    assertThat(now - from).isLessThan(130 * SECOND);
  }

  @Test
  void refusalsAreRememberedInBounds() {
    Refusals refusals = new Refusals();
    int rested = 0;
    for (int piece = 0; piece < 100_000; piece++) {
      rested += refusals.refused(piece, now) ? 1 : 0;
    }
    assertThat(refusals.size()).isEqualTo(Refusals.MOST_PIECES);
    assertThat(rested).isEqualTo(Refusals.MOST_PIECES);
    List<Integer> believed = new ArrayList<>();
    refusals.tick(now + SECOND, believed::add);
    assertThat(believed).hasSize(Refusals.MOST_PIECES);
    assertThat(refusals.refused(7777, now)).isTrue();
  }

  @Test
  void aPeerThatNeverUnchokesIsAskedForAllThatItAllowsAndBundlesAreOpenedForIt() throws Exception {
    // One bundle per piece, of which the window takes two.
    start(200, 2L * PIECE);
    for (int piece = 0; piece < 200; piece++) {
      download.allowedFast(source, piece);
    }
    assertThat(run(20 * SECOND, _ -> true)).isEqualTo(200);
  }

  @Test
  void ofAPeerThatNeverUnchokesNothingElseIsAskedFor() throws Exception {
    start(50, 1L << 30);
    Set<Integer> allowed = Set.of(3, 17, 49);
    allowed.forEach(piece -> download.allowedFast(source, piece));
    Set<Integer> requested = new HashSet<>();
    assertThat(
            run(
                10 * SECOND,
                each -> {
                  requested.add(each.piece);
                  return true;
                }))
        .isEqualTo(3);
    assertThat(requested).isEqualTo(allowed);
  }

  @Test
  void whatAPeerAllowsAndDoesNotHaveIsAskedForOnceItHasIt() throws Exception {
    start(8, 1L << 30);
    download.uncounted(source);
    source.pieces().clear();
    download.counted(source);
    download.allowedFast(source, 5);
    assertThat(run(3 * SECOND, _ -> true)).isZero();
    assertThat(begun).isZero();
    download.gained(source, 5);
    assertThat(run(3 * SECOND, _ -> true)).isEqualTo(1);
  }

  @Test
  void whatAPeerAllowsAndThenRefusesIsNotAskedForInCircles() throws Exception {
    start(8, 1L << 30);
    download.allowedFast(source, 5);
    run(10 * SECOND, _ -> false);
    assertThat(begun).isLessThanOrEqualTo(PIECE / BLOCK);
  }

  @Test
  void aPieceBegunWithWhatIsAllowedIsGoneOnWithByTheNextThatAllowsIt() throws Exception {
    start(8, 1L << 30);
    download.allowedFast(source, 5);
    download.fill(source, now);
    Asked first = asked.removeFirst();
    answer(first);
    download.remove(source, now);
    asked.clear();

    join(2);
    download.allowedFast(source, 5);
    assertThat(run(3 * SECOND, _ -> true)).isEqualTo(1);
  }

  private void start(int count, long window) throws Exception {
    pieces = count;
    Path file = Content.file(folder.resolve("content.bin"), (long) count * PIECE, 7);
    Metainfo metainfo =
        MetainfoParser.parse(TorrentMaker.of(file).pieceBytes(PIECE).make().metainfo());
    // One bundle per piece.
    List<Bundle> bundles =
        IntStream.range(0, count)
            .mapToObj(
                i -> new Bundle(i, i, i, List.of(new Part(0, i + 1, (long) i * PIECE, PIECE))))
            .toList();
    Availability availability = new Availability(count);
    PiecePicker picker =
        new PiecePicker(
            count,
            bundles,
            new BitSet(),
            new BitSet(),
            window,
            window,
            availability,
            new Random(3));
    durable = picker::bundleDone;
    download =
        new Download(
            metainfo,
            picker,
            availability,
            memory.open(() -> {}),
            arrived::add,
            new TokenBucket(0, 0));
    join(1);
  }

  private void join(int port) {
    Source.Outlet outlet =
        new Source.Outlet() {
          @Override
          public void ask(int piece, int offset, int length) {
            begun++;
            asked.add(new Asked(piece, offset, length));
          }

          @Override
          public void takeBack(int piece, int offset, int length) {
            asked.remove(new Asked(piece, offset, length));
          }
        };
    source =
        new Source(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), outlet, pieces);
    download.add(source);
    source.pieces().fill();
    download.counted(source);
  }

  /**
   * Lets time pass in ticks, until everything has arrived or the time is over.
   *
   * @return pieces that have arrived
   */
  private int run(long mostNanos, Predicate<Asked> serves) {
    long end = now + mostNanos;
    int done = 0;
    while (done < pieces && now < end) {
      now += TICK;
      download.tick(now);
      // Some round trips within the tick.
      for (int i = 0; i < 10 && download.fill(source, now) + asked.size() > 0; i++) {
        for (Asked each : List.copyOf(asked)) {
          asked.remove(each);
          if (serves.test(each)) {
            answer(each);
          } else {
            download.rejected(source, each.piece, each.offset, now);
          }
        }
        while (!arrived.isEmpty()) {
          PieceAssembly whole = arrived.removeFirst();
          int piece = whole.piece();
          download.verified(whole);
          durable.accept(piece);
          done++;
        }
      }
    }
    return done;
  }

  private void answer(Asked each) {
    assertThat(download.blockStart(source, each.piece, each.offset, each.length, now))
        .isEqualTo(Download.Verdict.TAKEN);
    download.bytes(source, Unpooled.buffer().writeZero(each.length), each.length);
    download.blockEnd(source, each.length, now);
  }
}
