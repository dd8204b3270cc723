package dev.piecework.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.metainfo.Metainfo;
import dev.piecework.metainfo.MetainfoParser;
import dev.piecework.testkit.TorrentMaker;
import io.netty.buffer.Unpooled;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is asked of whom, and what becomes of what they send. */
class DownloadTest extends DownloadFixture {
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
    assertThat(peer.asked).allMatch(each -> each.piece() == free);
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
    assertThat(download.blockStart(peer.source, asked.piece(), asked.offset(), BLOCK - 1, now))
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
    download.rejected(peer.source, refused.piece(), refused.offset(), now);
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
    download.rejected(peer.source, refused.piece(), refused.offset(), now);
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
    download.rejected(peer.source, refused.piece(), refused.offset(), now);
    for (int i = 0; i < 10; i++) {
      peer.answerAll();
      download.fill(peer.source, now);
    }
    now += SECOND;
    download.tick(now);
    download.fill(peer.source, now);
    assertThat(peer.asked).containsExactly(refused);
    peer.asked.clear();
    download.rejected(peer.source, refused.piece(), refused.offset(), now);

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
    download.rejected(peer.source, refused.piece(), refused.offset(), now);
    download.lost(peer.source, refused.piece(), true, now);

    now += 3600 * SECOND;
    download.tick(now);

    assertThat(peer.source.pieces().has(refused.piece())).isFalse();
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
    assertThat(download.blockStart(peer.source, asked.piece(), asked.offset(), BLOCK, now))
        .isEqualTo(Download.Verdict.TAKEN);
    download.bytes(peer.source, Unpooled.buffer().writeZero(100), 100);
    download.remove(peer.source, now);
    Peer other = new Peer(2);
    other.serveEverything();
    assertThat(arrived).hasSize(PIECES);
  }

  @Test
  void aBlockThatComesSlowlyIsFetchedOnceMoreAndNotAgainAndAgain() {
    Peer fast = new Peer(1);
    Peer slow = new Peer(2);
    Asked begun = slow.asked.removeFirst();
    download.blockStart(slow.source, begun.piece(), begun.offset(), begun.length(), now);
    download.bytes(slow.source, Unpooled.buffer().writeZero(1), 1);
    for (int round = 0; round < 80; round++) {
      fast.answerAll();
      now += SECOND / 100;
      if (download.fill(fast.source, now) == 0) {
        download.fillEndgame(fast.source, now);
      }
    }
    assertThat(fast.everAsked.stream().filter(begun::equals)).hasSizeLessThanOrEqualTo(1);
    assertThat(fast.everAsked).hasSizeLessThanOrEqualTo(PIECES * BLOCKS);
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
      if (opener.everAsked.stream().noneMatch(asked -> asked.piece() == each)) {
        return piece;
      }
    }
    throw new AssertionError("every piece was asked for");
  }
}
