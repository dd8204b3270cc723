package dev.piecework.engine;

import static dev.piecework.engine.TestDownload.loopback;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.piecework.net.AddressPolicy;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A torrent that cannot go on ends and says why: none stays that does neither. */
class FailureTest {
  private static final Duration LIMIT = Duration.ofMinutes(1);
  private static final int PIECE = 64 << 10;

  @TempDir Path folder;
  private final AtomicReference<Exception> failure = new AtomicReference<>();
  private final List<Error> errors = new CopyOnWriteArrayList<>();
  private Engine seeder;
  private Engine leecher;

  @BeforeEach
  void start() {
    seeder = Engine.start(EngineSettings.defaults());
    leecher = new SwarmEngine(TestSettings.with(it -> it.pieceBufferBytes = 1 << 20), errors::add);
  }

  @AfterEach
  void stop() {
    leecher.close();
    seeder.close();
  }

  @Test
  void anErrorOnTheLoopEndsTheTorrentWithAReason() {
    fails(() -> {
      throw new OutOfMemoryError("provoked");
    });
    assertThat(failure.get()).hasMessageContaining("OutOfMemoryError: provoked");
    assertThat(errors).as("reported").hasAtLeastOneElementOfType(OutOfMemoryError.class);
  }

  @Test
  void anErrorWhileAConnectionIsAcceptedIsReportedAndOthersAreAccepted() throws IOException {
    StackOverflowError tooDeep = new StackOverflowError("provoked");
    AddressPolicy policy =
        address -> {
          if (address.equals(InetAddress.ofLiteral("127.0.0.9"))) {
            throw tooDeep;
          }
          return true;
        };
    try (Engine engine =
            new SwarmEngine(TestSettings.with(it -> it.addressPolicy = policy), errors::add);
        Socket socket = new Socket()) {
      socket.bind(new InetSocketAddress("127.0.0.9", 0));
      socket.connect(loopback(engine.listenPort()));
      assertThat(socket.getInputStream().read()).as("closed").isEqualTo(-1);
      await().atMost(LIMIT).until(() -> errors.contains(tooDeep));
    }
  }

  @Test
  void anExceptionOnTheLoopEndsTheTorrentWithAReason() {
    fails(() -> {
      throw new IllegalStateException("provoked");
    });
    assertThat(failure.get()).hasMessage("provoked");
    assertThat(errors).isEmpty();
  }

  private void fails(Runnable verified) {
    TestContent content = TestContent.make(folder, 20 * PIECE, PIECE);
    seed(content, MemoryStorage.full(content.metainfo(), content.bytes()));
    TorrentListener listener =
        new TorrentListener() {
          @Override
          public void pieceVerified(int piece) {
            verified.run();
          }

          @Override
          public void failed(Exception cause) {
            failure.set(cause);
          }
        };
    Torrent torrent = leecher.add(with(download(content), listener));
    await().atMost(LIMIT).until(() -> failure.get() != null);
    assertThat(torrent.stop()).succeedsWithin(LIMIT);
    await().atMost(LIMIT).until(() -> leecher.stats().torrents() == 0);
    assertThat(leecher.stats().pieceBufferBytes()).isZero();
  }

  @Test
  void anErrorWhileReadingForAPeerEndsTheTorrentThatSeeds() {
    TestContent content = TestContent.make(folder, 20 * PIECE, PIECE);
    MemoryStorage storage = MemoryStorage.full(content.metainfo(), content.bytes());
    seed(
        content,
        new PieceStorage() {
          @Override
          public void write(int piece, ByteBuffer verified) throws IOException {
            storage.write(piece, verified);
          }

          @Override
          public boolean read(int piece, int offset, ByteBuffer into) {
            throw new StackOverflowError("provoked");
          }
        });
    leecher.add(download(content));
    await().atMost(LIMIT).until(() -> failure.get() != null);
    assertThat(failure.get()).hasMessageContaining("StackOverflowError");
    await().atMost(LIMIT).until(() -> seeder.stats().torrents() == 0);
  }

  @ParameterizedTest
  @ValueSource(ints = {2 << 20, 64 << 20})
  void aTorrentWhosePiecesDoNotFitIntoMemoryIsRefused(int pieceBytes) {
    TestContent content = TestContent.make(folder, 3 << 20, pieceBytes);
    assertThatThrownBy(() -> leecher.add(download(content)))
        .isInstanceOfSatisfying(
            PieceTooLongException.class,
            e -> {
              assertThat(e.pieceBytes()).isEqualTo(Math.min(3 << 20, pieceBytes));
              assertThat(e.limitBytes()).isEqualTo(1 << 20);
            });
    assertThat(leecher.stats().torrents()).isZero();
  }

  @ParameterizedTest
  @ValueSource(ints = {1 << 20, 16 << 20})
  void aTorrentWhosePiecesJustFitIntoMemoryIsDownloaded(int pieceBytes) {
    // Of the longer piece length, no piece is as long.
    TestContent content =
        TestContent.make(folder, pieceBytes == 1 << 20 ? 3 << 20 : 900_000, pieceBytes);
    MemoryStorage storage = MemoryStorage.empty(content.metainfo());
    seed(content, MemoryStorage.full(content.metainfo(), content.bytes()));
    TestDownload download = new TestDownload(content.metainfo());
    download.start(leecher, download.request(storage, List.of(loopback(seeder.listenPort()))));
    await().atMost(LIMIT).until(download::complete);
    assertThat(storage.bytes()).isEqualTo(content.bytes());
    assertThat(leecher.stats().pieceBufferBytes()).isLessThanOrEqualTo(1 << 20);
  }

  private TorrentRequest download(TestContent content) {
    return new TestDownload(content.metainfo())
        .request(MemoryStorage.empty(content.metainfo()), List.of(loopback(seeder.listenPort())));
  }

  private void seed(TestContent content, PieceStorage storage) {
    TorrentListener listener =
        new TorrentListener() {
          @Override
          public void pieceVerified(int piece) {}

          @Override
          public void failed(Exception cause) {
            failure.set(cause);
          }
        };
    seeder.add(with(new TestDownload(content.metainfo()).seed(storage), listener));
  }

  private static TorrentRequest with(TorrentRequest request, TorrentListener listener) {
    return new TorrentRequest(
        request.metainfo(),
        request.bundles(),
        request.done(),
        request.available(),
        request.windowBytes(),
        request.starvedWindowBytes(),
        request.storage(),
        listener,
        request.peers(),
        request.uploadBytesPerSecond(),
        request.downloadBytesPerSecond());
  }
}
