package dev.piecework.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A piece that failed has to come from one peer: which must not be one that lets it wait. */
class WholePiecesTest extends DownloadFixture {
  private final List<Integer> done = new ArrayList<>();

  /** All pieces, sent by one peer, fail their hash: each has to come from one peer as a whole. */
  @BeforeEach
  void failAllPieces() {
    Peer liar = new Peer(1);
    liar.lies = true;
    while (arrived.size() < PIECES) {
      liar.answerAll();
      download.fill(liar.source, now);
    }
    download.remove(liar.source, now);
    arrived.forEach(download::failed);
    arrived.clear();
    download.takeConvicted();
    download.tick(now);
  }

  @Test
  void itIsTakenFromAPeerThatDoesNotAnswerAndLeftToOneThatDoes() {
    Peer silent = new Peer(2);
    Peer honest = new Peer(3);

    assertThat(secondsUntilDone(honest)).isLessThan(5);
    assertThat(silent.cancelled).isNotEmpty();
  }

  @Test
  void itIsTakenFromAPeerThatSendsTheBeginningOfABlock() {
    Peer slow = new Peer(2);
    Asked begun = slow.asked.removeFirst();
    download.blockStart(slow.source, begun.piece(), begun.offset(), begun.length(), now);
    download.bytes(slow.source, Unpooled.buffer().writeZero(100), 100);
    Peer honest = new Peer(3);

    assertThat(secondsUntilDone(honest)).isLessThan(5);
    // What comes late is thrown away.
    download.bytes(slow.source, Unpooled.buffer().writeZero(100), 100);
    download.blockEnd(slow.source, begun.length(), now);
  }

  @Test
  void itIsTakenFromAPeerThatSendsOneBlockAndNoMore() {
    Peer slow = new Peer(2);
    slow.answerOldest();
    Peer honest = new Peer(3);

    assertThat(secondsUntilDone(honest)).isLessThan(8);
  }

  @Test
  void itIsNotLeftToAPeerOfWhichNothingIsKnownWhileAnotherCouldSendIt() {
    Peer honest = new Peer(2);
    // Whatever it is asked for first, it has sent some of it.
    honest.answerOldest();
    Peer unknown = new Peer(3);
    for (Asked each : unknown.everAsked) {
      assertThat(honest.everAsked).noneMatch(asked -> asked.piece() == each.piece());
    }
    assertThat(secondsUntilDone(honest)).isLessThan(5);
  }

  @Test
  void aPeerThatHasSentBytesButNoBlockIsNotWaitedFor() {
    Peer slow = new Peer(2);
    Asked begun = slow.asked.removeFirst();
    download.blockStart(slow.source, begun.piece(), begun.offset(), begun.length(), now);
    download.bytes(slow.source, Unpooled.buffer().writeZero(5), 5);
    Peer late = new Peer(3);
    late.answerOldest();
    late.source.late = true;

    assertThat(secondsUntilDone(late)).isLessThan(60);
  }

  @Test
  void itStaysWithTheOnlyPeerThatHasItHoweverSlow() {
    Peer slow = new Peer(2);
    int rounds = 0;
    while (done.size() < PIECES && rounds++ < 200) {
      now += 3 * SECOND;
      slow.answerOldest();
      tick();
      download.fill(slow.source, now);
    }
    assertThat(done).hasSize(PIECES);
    assertThat(slow.cancelled).isEmpty();
  }

  @Test
  void twoSlowPeersDoNotTakeItFromEachOtherForEver() {
    Peer one = new Peer(2);
    Peer two = new Peer(3);
    int rounds = 0;
    while (done.size() < PIECES && rounds++ < 200) {
      now += 3 * SECOND;
      for (Peer each : List.of(one, two)) {
        each.answerOldest();
      }
      tick();
      for (Peer each : List.of(one, two)) {
        if (download.fill(each.source, now) == 0) {
          download.fillEndgame(each.source, now);
        }
      }
    }
    assertThat(done).hasSize(PIECES);
  }

  private double secondsUntilDone(Peer answers) {
    long from = now;
    while (done.size() < PIECES && now - from < 120 * SECOND) {
      now += SECOND / 2;
      tick();
      for (int i = 0; i < 10; i++) {
        if (download.fill(answers.source, now) == 0) {
          download.fillEndgame(answers.source, now);
        }
        answers.answerAll();
        verify();
      }
    }
    assertThat(done).hasSize(PIECES);
    return (now - from) / (double) SECOND;
  }

  private void tick() {
    verify();
    download.tick(now);
  }

  private void verify() {
    for (PieceAssembly each : arrived) {
      done.add(each.piece());
      download.verified(each);
    }
    arrived.clear();
  }
}
