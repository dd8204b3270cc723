package dev.piecework.engine;

import static dev.piecework.engine.TestDownload.loopback;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.piecework.wire.MessageWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Peers over real sockets that behave oddly, alone: what they give has to be enough. */
class OddPeersTest {
  private static final Duration LIMIT = Duration.ofMinutes(1);
  private static final int PIECE = 32 << 10;
  private static final int UNCHOKE = 1;

  @TempDir Path folder;

  @Test
  void aSeederThatRejectsEachBlockOnceIsDownloadedFrom() throws IOException {
    TestContent content = TestContent.make(folder, 9 * PIECE + 5000, PIECE);
    Set<RawPeer.Asked> refused = new HashSet<>();
    downloadedFrom(
        content,
        wire -> {
          wire.send(out -> {
            MessageWriter.haveAll(out);
            MessageWriter.unchoke(out);
          });
          while (true) {
            RawPeer.Asked asked = wire.request();
            if (refused.add(asked)) {
              wire.send(
                  out -> MessageWriter.reject(out, asked.piece(), asked.offset(), asked.length()));
            } else {
              answer(wire, content, asked);
            }
          }
        });
  }

  @Test
  void aSeederThatNeverUnchokesButAllowsEverythingIsDownloadedFrom() throws IOException {
    TestContent content = TestContent.make(folder, 99 * PIECE + 5000, PIECE);
    downloadedFrom(
        content,
        wire -> {
          wire.send(out -> {
            MessageWriter.haveAll(out);
            for (int piece = 0; piece < content.metainfo().pieceCount(); piece++) {
              MessageWriter.allowedFast(out, piece);
            }
          });
          while (true) {
            answer(wire, content, wire.request());
          }
        });
  }

  @Test
  void aSeederThatSaysHaveAllAndABitfieldAndManyKeepAlivesIsDownloadedFrom() throws IOException {
    TestContent content = TestContent.make(folder, 16 * PIECE, PIECE);
    downloadedFrom(
        content,
        wire -> {
          wire.send(out -> {
            MessageWriter.haveAll(out);
            MessageWriter.bitfield(out, new byte[] {-1, -1});
            for (int i = 0; i < 5000; i++) {
              MessageWriter.keepAlive(out);
            }
            MessageWriter.extended(out, 0, new byte[600_000]);
            MessageWriter.unchoke(out);
          });
          while (true) {
            answer(wire, content, wire.request());
          }
        });
  }

  @Test
  void aPeerThatDoesNotReadIsDroppedAndOthersAreServedMeanwhile() throws IOException {
    TestContent content = TestContent.make(folder, 64 * PIECE, PIECE);
    try (SwarmEngine seeder =
            new SwarmEngine(TestSettings.with(it -> it.unreadTimeout = Duration.ofSeconds(3)));
        Engine leecher = Engine.start(EngineSettings.defaults());
        RawPeer deaf =
            new RawPeer(
                content.metainfo().infoHash(),
                7,
                wire -> {
                  wire.send(MessageWriter::interested);
                  while (wire.next().readByte() != UNCHOKE) {
                    // Until it may ask.
                  }
                  wire.send(out -> {
                    for (int i = 0; i < UploadQueue.CAPACITY; i++) {
                      MessageWriter.request(out, i % 64, 0, 16 << 10);
                    }
                  });
                  // From here on it reads nothing, until it is hung up on: then writing fails.
                  while (true) {
                    wire.send(MessageWriter::keepAlive);
                    LockSupport.parkNanos(100_000_000L);
                  }
                })) {
      TestDownload seeding = new TestDownload(content.metainfo());
      seeding.start(seeder, seeding.seed(MemoryStorage.full(content.metainfo(), content.bytes())));
      deaf.call(seeder.listenPort());
      await().atMost(LIMIT).until(() -> seeder.limits().open() > 0);

      MemoryStorage storage = MemoryStorage.empty(content.metainfo());
      TestDownload download = new TestDownload(content.metainfo());
      download.start(leecher, download.request(storage, List.of(loopback(seeder.listenPort()))));
      await().atMost(LIMIT).until(download::complete);
      await().atMost(LIMIT).until(() -> deaf.ended.get() == 1);
      assertThat(storage.bytes()).isEqualTo(content.bytes());
    }
  }

  private void downloadedFrom(TestContent content, RawPeer.Script script) throws IOException {
    try (RawPeer peer = new RawPeer(content.metainfo().infoHash(), 3, script);
        Engine leecher = Engine.start(EngineSettings.defaults())) {
      MemoryStorage storage = MemoryStorage.empty(content.metainfo());
      TestDownload download = new TestDownload(content.metainfo());
      download.start(leecher, download.request(storage, List.of(peer.address())));
      await().atMost(LIMIT).until(download::complete);
      assertThat(storage.bytes()).isEqualTo(content.bytes());
      assertThat(peer.connections).hasValue(1);
    }
  }

  private static void answer(RawPeer.Wire wire, TestContent content, RawPeer.Asked asked)
      throws IOException {
    int from = (int) content.metainfo().pieceOffset(asked.piece()) + asked.offset();
    wire.send(out -> {
      MessageWriter.pieceHeader(out, asked.piece(), asked.offset(), asked.length());
      out.writeBytes(content.bytes(), from, asked.length());
    });
  }
}
