package dev.piecework.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.layout.ObjectLayout;
import dev.piecework.metainfo.Metainfo;
import dev.piecework.metainfo.MetainfoParser;
import dev.piecework.testkit.Content;
import dev.piecework.testkit.TorrentMaker;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The download without sockets and with a clock that the test moves. */
class DownloadTest {
  private static final int PIECE = 64 << 10;
  private static final int BLOCK = 16 << 10;
  private static final int BLOCKS = PIECE / BLOCK;
  private static final int PIECES = 6;
  private static final long SECOND = 1_000_000_000L;

  @TempDir Path folder;
  private final PieceBuffers memory = new PieceBuffers(64L << 20);
  private final List<PieceAssembly> arrived = new ArrayList<>();
  private byte[] content = {};
  private Download download;
  private long now = SECOND;

  @BeforeEach
  void make() throws Exception {
    Path file = Content.file(folder.resolve("a.bin"), PIECES * PIECE, 7);
    content = Files.readAllBytes(file);
    download =
        create(MetainfoParser.parse(TorrentMaker.of(file).pieceBytes(PIECE).make().metainfo()), 0);
  }

  private Download create(Metainfo metainfo, long limit) {
    Availability availability = new Availability(PIECES);
    PiecePicker picker =
        new PiecePicker(
            PIECES,
            ObjectLayout.of(metainfo, "").bundles(),
            new BitSet(),
            new BitSet(),
            1 << 30,
            1 << 30,
            availability,
            new Random(3));
    return new Download(
        metainfo,
        picker,
        availability,
        memory.open(() -> {}),
        arrived::add,
        new TokenBucket(limit, 0));
  }

  @AfterEach
  void release() {
    arrived.forEach(download::dropped);
    download.close();
    assertThat(memory.usedBytes()).isZero();
    memory.close();
  }

  @Test
  void aLonePeerIsAskedForWholePiecesAndGetsThemAll() {
    Peer peer = new Peer(1);
    peer.serveEverything();
    assertThat(arrived).hasSize(PIECES);
    for (PieceAssembly each : arrived) {
      byte[] bytes = new byte[each.length()];
      each.buffer().getBytes(0, bytes);
      int from = each.piece() * PIECE;
      assertThat(bytes).isEqualTo(Arrays.copyOfRange(content, from, from + PIECE));
    }
    assertThat(download.wastedBytes()).isZero();
    assertThat(download.receivedBytes()).isEqualTo(content.length);
  }

  @Test
  void aChokedPeerIsAskedForNothing() {
    Peer peer = new Peer(1);
    download.choked(peer.source, true, now);
    peer.asked.clear();
    assertThat(download.fill(peer.source, now)).isZero();
    download.unchoked(peer.source);
    assertThat(download.fill(peer.source, now)).isPositive();
  }

  @Test
  void aChokedPeerIsAskedForWhatItAllowsFast() {
    Peer opener = new Peer(1);
    assertThat(opener.asked).isNotEmpty();
    Peer peer = new Peer(2);
    download.choked(peer.source, true, now);
    peer.asked.clear();
    int free = freePiece(opener);
    download.allowedFast(peer.source, free);
    assertThat(download.fill(peer.source, now)).isPositive();
    assertThat(peer.asked).allMatch(each -> each.piece == free);
  }

  @Test
  void whatAPeerTakesAwayGoesToAnother() {
    Peer first = new Peer(1);
    int asked = first.asked.size();
    assertThat(asked).isPositive();
    download.remove(first.source, now);
    Peer second = new Peer(2);
    second.serveEverything();
    assertThat(arrived).hasSize(PIECES);
  }

  @Test
  void aRequestThatTimesOutGoesToAnotherAndALateBlockIsStillTaken() {
    Peer slow = new Peer(1);
    Asked late = slow.asked.getFirst();
    now += 25 * SECOND;
    download.tick(now);
    slow.answer(late);
    assertThat(download.wastedBytes()).isZero();
    Peer other = new Peer(2);
    other.serveEverything();
    assertThat(arrived).hasSize(PIECES);
    assertThat(other.everAsked).doesNotContain(late);
  }

  @Test
  void inTheEndgameAnIdlePeerAsksAgainAndTheLoserIsCancelled() {
    Peer slow = new Peer(1);
    List<Asked> held = List.copyOf(slow.asked);
    Peer idle = new Peer(2);
    idle.serveEverything();
    assertThat(arrived).hasSize(PIECES);
    assertThat(slow.cancelled).isNotEmpty().allMatch(held::contains);
    assertThat(slow.source.outstanding()).isZero();
  }

  @Test
  void inTheEndgameAnIdlePeerLeavesToAnEqualWhatThatBringsAsSoon() {
    Peer one = new Peer(1);
    Peer two = new Peer(2);
    for (int round = 0; arrived.size() < PIECES && round < 10 * PIECES * BLOCKS; round++) {
      for (Peer each : List.of(one, two)) {
        each.answerOldest();
        if (download.fill(each.source, now) == 0) {
          download.fillEndgame(each.source, now);
        }
      }
      now += SECOND / 1000;
    }
    assertThat(arrived).hasSize(PIECES);
    assertThat(one.everAsked).doesNotContainAnyElementsOf(two.everAsked);
  }

  @Test
  void inTheEndgameAFastPeerTakesOverWhatASlowOneWouldBringLast() {
    Peer slow = new Peer(1);
    Peer fast = new Peer(2);
    slow.answerOldest();
    List<Asked> held = List.copyOf(slow.asked);
    now += SECOND;
    fast.serveEverything();
    assertThat(arrived).hasSize(PIECES);
    assertThat(fast.everAsked).contains(held.getLast());
    assertThat(fast.everAsked.indexOf(held.getLast()))
        .isLessThan(fast.everAsked.indexOf(held.getFirst()));
  }

  @Test
  void aBlockThatNobodyAskedForIsWastedAndManyAreRefused() {
    Peer peer = new Peer(1);
    peer.serveEverything();
    Download.Verdict verdict = Download.Verdict.WASTED;
    int sent = 0;
    while (verdict == Download.Verdict.WASTED && sent++ < 1000) {
      verdict = download.blockStart(peer.source, 0, 0, BLOCK, now);
      if (verdict == Download.Verdict.WASTED) {
        download.bytes(peer.source, Unpooled.buffer().writeZero(BLOCK), BLOCK);
        download.blockEnd(peer.source, BLOCK, now);
      }
    }
    assertThat(verdict).isEqualTo(Download.Verdict.REFUSED);
    assertThat(download.wastedBytes()).isPositive();
  }

  @Test
  void blocksThatDoNotFitAreRefused() {
    Peer peer = new Peer(1);
    Asked asked = peer.asked.getFirst();
    assertThat(download.blockStart(peer.source, asked.piece, asked.offset, BLOCK - 1, now))
        .isEqualTo(Download.Verdict.REFUSED);
    assertThat(download.blockStart(peer.source, -1, 0, BLOCK, now))
        .isEqualTo(Download.Verdict.REFUSED);
    assertThat(download.blockStart(peer.source, PIECES, 0, BLOCK, now))
        .isEqualTo(Download.Verdict.REFUSED);
    assertThat(download.blockStart(peer.source, 0, -BLOCK, BLOCK, now))
        .isEqualTo(Download.Verdict.REFUSED);
  }

  @Test
  void aPeerThatRefusesARequestIsNotAskedForThatPieceAgainAtOnce() {
    Peer peer = new Peer(1);
    Asked refused = peer.asked.getFirst();
    peer.asked.clear();
    download.rejected(peer.source, refused.piece, refused.offset, now);
    for (int i = 0; i < 10; i++) {
      download.fill(peer.source, now);
      peer.answerAll();
    }
    assertThat(peer.everAsked.stream().filter(refused::equals)).hasSize(1);
  }

  @Test
  void whatTheOnlyPeerRefusedOnceArrivesInTheEnd() {
    Peer peer = new Peer(1);
    Asked refused = peer.asked.removeFirst();
    download.rejected(peer.source, refused.piece, refused.offset, now);
    for (int i = 0; i < 10; i++) {
      peer.answerAll();
      download.fill(peer.source, now);
    }
    assertThat(arrived).hasSize(PIECES - 1);

    now += SECOND / 2;
    download.tick(now);
    assertThat(download.fill(peer.source, now)).isZero();
    now += SECOND / 2;
    download.tick(now);
    assertThat(download.fill(peer.source, now)).isPositive();
    peer.answerAll();

    assertThat(arrived).hasSize(PIECES);
  }

  @Test
  void aPeerThatRefusesAgainRestsLonger() {
    Peer peer = new Peer(1);
    Asked refused = peer.asked.removeFirst();
    download.rejected(peer.source, refused.piece, refused.offset, now);
    for (int i = 0; i < 10; i++) {
      peer.answerAll();
      download.fill(peer.source, now);
    }
    now += SECOND;
    download.tick(now);
    download.fill(peer.source, now);
    assertThat(peer.asked).containsExactly(refused);
    peer.asked.clear();
    download.rejected(peer.source, refused.piece, refused.offset, now);

    now += SECOND;
    download.tick(now);
    assertThat(download.fill(peer.source, now)).isZero();
    now += SECOND;
    download.tick(now);
    download.fill(peer.source, now);

    assertThat(peer.asked).containsExactly(refused);
  }

  @Test
  void whatAPeerSaysThatItDoesNotHaveIsNotBelievedAgain() {
    Peer peer = new Peer(1);
    Asked refused = peer.asked.removeFirst();
    download.rejected(peer.source, refused.piece, refused.offset, now);
    download.lost(peer.source, refused.piece, true, now);

    now += 3600 * SECOND;
    download.tick(now);

    assertThat(peer.source.pieces().has(refused.piece)).isFalse();
  }

  @Test
  void whoeverSentABadPieceAloneIsConvictedAndThePieceComesAgain() {
    Peer liar = new Peer(1);
    liar.lies = true;
    while (arrived.isEmpty()) {
      liar.answerAll();
      download.fill(liar.source, now);
    }
    PieceAssembly bad = arrived.removeFirst();
    download.failed(bad);
    assertThat(download.takeConvicted()).containsExactly(liar.source.culprit);
    assertThat(download.takeConvicted()).isEmpty();
    download.remove(liar.source, now);
    arrived.forEach(download::failed);
    arrived.clear();

    Peer honest = new Peer(2);
    honest.serveEverything();
    assertThat(arrived).hasSize(PIECES);
  }

  @Test
  void aPeerThatStopsInTheMiddleOfABlockLeavesTheBlockToOthers() {
    Peer peer = new Peer(1);
    Asked asked = peer.asked.getFirst();
    assertThat(download.blockStart(peer.source, asked.piece, asked.offset, BLOCK, now))
        .isEqualTo(Download.Verdict.TAKEN);
    download.bytes(peer.source, Unpooled.buffer().writeZero(100), 100);
    download.remove(peer.source, now);
    Peer other = new Peer(2);
    other.serveEverything();
    assertThat(arrived).hasSize(PIECES);
  }

  @Test
  void aRateLimitHoldsRequestsBackUntilTimePasses() throws Exception {
    Metainfo metainfo =
        MetainfoParser.parse(
            TorrentMaker.of(folder.resolve("a.bin")).pieceBytes(PIECE).make().metainfo());
    download.close();
    download = create(metainfo, 4 * BLOCK);
    Peer peer = new Peer(1);
    int first = peer.everAsked.size();
    assertThat(first).isPositive().isLessThanOrEqualTo(3);
    peer.answerAll();
    assertThat(download.fill(peer.source, now)).isZero();
    now += SECOND;
    assertThat(download.fill(peer.source, now)).isPositive();
  }

  private int freePiece(Peer opener) {
    for (int piece = 0; piece < PIECES; piece++) {
      int each = piece;
      if (opener.everAsked.stream().noneMatch(asked -> asked.piece == each)) {
        return piece;
      }
    }
    throw new AssertionError("every piece was asked for");
  }

  private record Asked(int piece, int offset, int length) {}

  /** A seed that is asked, and answers when the test says so. */
  private final class Peer implements Source.Outlet {
    final Source source;
    final List<Asked> asked = new ArrayList<>();
    final List<Asked> everAsked = new ArrayList<>();
    final List<Asked> cancelled = new ArrayList<>();
    boolean lies;

    Peer(int host) {
      source =
          new Source(new InetSocketAddress(InetAddress.getLoopbackAddress(), host), this, PIECES);
      download.add(source);
      source.pieces().fill();
      download.counted(source);
      download.unchoked(source);
      download.fill(source, now);
    }

    @Override
    public void ask(int piece, int offset, int length) {
      asked.add(new Asked(piece, offset, length));
      everAsked.add(new Asked(piece, offset, length));
    }

    @Override
    public void takeBack(int piece, int offset, int length) {
      Asked each = new Asked(piece, offset, length);
      cancelled.add(each);
      asked.remove(each);
    }

    void serveEverything() {
      for (int round = 0; round < 10 * PIECES * BLOCKS; round++) {
        answerAll();
        now += SECOND / 100;
        if (download.fill(source, now) == 0) {
          download.fillEndgame(source, now);
        }
      }
    }

    void answerOldest() {
      if (!asked.isEmpty()) {
        answer(asked.removeFirst());
      }
    }

    void answerAll() {
      List<Asked> all = List.copyOf(asked);
      asked.clear();
      all.forEach(this::answer);
    }

    void answer(Asked each) {
      ByteBuf block =
          lies
              ? Unpooled.buffer().writeZero(each.length)
              : Unpooled.wrappedBuffer(content, each.piece * PIECE + each.offset, each.length);
      assertThat(download.blockStart(source, each.piece, each.offset, each.length, now))
          .isNotEqualTo(Download.Verdict.REFUSED);
      download.bytes(source, block, 1000);
      download.bytes(source, block, each.length - 1000);
      download.blockEnd(source, each.length, now);
    }
  }
}
