package dev.piecework.worker.transfer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import dev.piecework.message.EventData.FinishedObject;
import dev.piecework.testkit.Content;
import dev.piecework.worker.fault.Fault;
import dev.piecework.worker.lease.Lease;
import dev.piecework.worker.lease.LeaseLostException;
import dev.piecework.worker.transfer.Checkpoint.UploadedPart;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.util.unit.DataSize;

final class TransferTest {
  private static final long MEBIBYTE = 1L << 20;

  @TempDir private Path folder;
  private final List<TransferRig> open = new ArrayList<>();

  @AfterEach
  void close() {
    open.forEach(TransferRig::close);
  }

  @Test
  void oneLargeFileArrivesInParts() throws Exception {
    TransferRig rig =
        rig(Content.file(folder.resolve("in/big.bin"), 37 * MEBIBYTE + 13, 1), 262144);

    try (Transfer transfer = rig.start("a")) {
      rig.finish(transfer);

      TransferProgress progress = transfer.progress();
      assertThat(progress.verifiedBytes()).isEqualTo(37 * MEBIBYTE + 13);
      assertThat(progress.uploadedBytes()).isEqualTo(progress.totalBytes());
      assertThat(progress.verifiedPieces()).isEqualTo(progress.totalPieces());
      assertThat(progress.uploadedParts()).isEqualTo(5);
    }

    FinishedObject object = rig.proveObjects().getFirst();
    assertThat(object.key()).isEqualTo("sets/big.bin");
    assertThat(object.size()).isEqualTo(37 * MEBIBYTE + 13);
    assertThat(rig.engine.fedBytes()).isEqualTo(37 * MEBIBYTE + 13);
  }

  @Test
  void manyTinyFilesAndEmptyOnesArrive() throws Exception {
    Path tree = folder.resolve("in/set");
    Content.manySmall(tree, 400, 30_000, 2);
    Content.file(tree.resolve("empty"), 0, 0);
    Content.file(tree.resolve("zz/empty too"), 0, 0);
    Content.file(tree.resolve("middle.bin"), 17 * MEBIBYTE, 3);
    TransferRig rig = rig(tree, 65536);

    try (Transfer transfer = rig.start("a")) {
      rig.finish(transfer);
    }

    assertThat(rig.proveObjects()).hasSize(403);
  }

  @Test
  void anotherHostFetchesOnlyWhatIsInNoUploadedPart() throws Exception {
    TransferRig rig = rig(Content.file(folder.resolve("in/big.bin"), 60 * MEBIBYTE, 4), 262144);
    try (Transfer transfer = rig.start("a")) {
      rig.drive(transfer, batch -> rig.checkpoint.parts().size() >= 3);
    }
    long missing = 60 * MEBIBYTE - rig.uploadedBytes();
    assertThat(missing).isPositive();
    long before = rig.engine.fedBytes();

    try (Transfer transfer = rig.start("b")) {
      rig.finish(transfer);
    }

    assertThat(rig.engine.fedBytes() - before).isEqualTo(missing);
    assertThat(rig.engine.fedBytes() - 60 * MEBIBYTE)
        .as("fetched twice")
        .isLessThanOrEqualTo(TransferRig.WINDOW_BYTES);
    rig.proveObjects();
  }

  @Test
  void theSameHostFetchesNothingTwice() throws Exception {
    TransferRig rig = rig(Content.file(folder.resolve("in/big.bin"), 40 * MEBIBYTE, 5), 262144);
    CountDownLatch never = new CountDownLatch(1);
    rig.bucket.front().hold(line -> line.contains("partNumber=2"), never);
    try (Transfer transfer = rig.start("a")) {
      // The window fills while part 2 hangs.
      await().until(() -> transfer.progress().verifiedBytes() >= 20 * MEBIBYTE);
    }
    never.countDown();
    rig.bucket.front().heal();
    assertThat(rig.checkpoint.parts()).as("nothing was written down").isEmpty();

    try (Transfer transfer = rig.start("a")) {
      rig.finish(transfer);
    }

    assertThat(rig.engine.fedBytes()).isEqualTo(40 * MEBIBYTE);
    rig.proveObjects();
  }

  @Test
  void aFlippedByteInScratchIsFetchedAgain() throws Exception {
    TransferRig rig = rig(Content.file(folder.resolve("in/big.bin"), 12 * MEBIBYTE, 6), 262144);
    rig.engine.limitPieces(20);
    try (Transfer transfer = rig.start("a")) {
      await().until(() -> transfer.progress().verifiedPieces() == 20);
    }
    flipByte(rig.scratch("a"), 7 * 262144 + 99);
    rig.engine.limitPieces(1000);

    try (Transfer transfer = rig.start("a")) {
      rig.finish(transfer);
    }

    assertThat(rig.engine.fedBytes()).isEqualTo(12 * MEBIBYTE + 262144);
    rig.proveObjects();
  }

  @Test
  void anUploadThatTheStoreForgotIsSentAgain() throws Exception {
    Path tree = folder.resolve("in/pair");
    Content.file(tree.resolve("a.bin"), 20 * MEBIBYTE, 7);
    Content.file(tree.resolve("b.bin"), 20 * MEBIBYTE, 8);
    TransferRig rig = rig(tree, 262144);
    rig.engine.limitPieces(150);
    try (Transfer transfer = rig.start("a")) {
      rig.drive(transfer, batch -> rig.checkpoint.parts().size() >= 4);
    }
    assertThat(rig.checkpoint.parts()).extracting(part -> part.object()).contains(0, 1);
    rig.engine.limitPieces(10_000);
    rig.bucket
        .front()
        .answer(line -> line.startsWith("GET /data/sets/pair/a.bin?"), 1, 404, "NoSuchUpload");
    String forgotten = rig.checkpoint.uploads().getFirst().uploadId();

    try (Transfer transfer = rig.start("b")) {
      Transfer.Batch first = transfer.await(Duration.ofSeconds(20));
      assertThat(first.voided()).containsExactly(0);
      rig.write(first);
      transfer.committed(first);
      rig.finish(transfer);
    }

    assertThat(rig.checkpoint.uploads())
        .extracting(Checkpoint.Upload::uploadId)
        .hasSize(2)
        .doesNotContain(forgotten);
    rig.proveObjects();
  }

  @Test
  void serverErrorsForAWhileDoNotHurt() throws Exception {
    TransferRig rig = rig(Content.file(folder.resolve("in/big.bin"), 20 * MEBIBYTE, 9), 262144);
    rig.bucket.front().answer(line -> line.startsWith("PUT"), 2, 500, "InternalError");
    rig.bucket.front().cut(line -> line.startsWith("PUT"), 1);
    rig.bucket.front().loseAnswer(line -> line.contains("partNumber=3"), 1);

    try (Transfer transfer = rig.start("a")) {
      rig.finish(transfer);
    }

    rig.proveObjects();
  }

  @Test
  void aStoreThatStaysDownIsATransientFaultAfterWhatWasUploadedIsTold() throws Exception {
    TransferRig rig = rig(Content.file(folder.resolve("in/big.bin"), 20 * MEBIBYTE, 10), 262144);
    rig.bucket
        .front()
        .answer(line -> line.contains("partNumber=2"), 1000, 503, "ServiceUnavailable");

    try (Transfer transfer = rig.start("a")) {
      TransferException failure = failure(rig, transfer);

      assertThat(failure.fault().kind()).isEqualTo(Fault.Kind.STORE_UNAVAILABLE);
      assertThat(failure.fault().isTransient()).isTrue();
      assertThat(failure.fault().message()).contains("big.bin").contains("503");
    }
    rig.bucket.front().heal();

    try (Transfer transfer = rig.start("a")) {
      rig.finish(transfer);
    }
    assertThat(rig.engine.fedBytes()).isEqualTo(20 * MEBIBYTE);
    rig.proveObjects();
  }

  @Test
  void aMissingBucketIsAPermanentFault() throws Exception {
    TransferRig rig = rig(Content.file(folder.resolve("in/small.bin"), 1000, 11), 16384);
    Files.delete(rig.bucket.folder());

    try (Transfer transfer = rig.start("a")) {
      TransferException failure = failure(rig, transfer);

      assertThat(failure.fault().kind()).isEqualTo(Fault.Kind.DESTINATION_REFUSED);
      assertThat(failure.fault().isTransient()).isFalse();
    }
    assertThat(rig.engine.fedBytes()).as("nothing is downloaded for nothing").isZero();
  }

  @Test
  void nothingVerifiedForTooLongIsAStall() throws Exception {
    TransferRig rig = rig(Content.file(folder.resolve("in/small.bin"), MEBIBYTE, 12), 16384);
    AtomicLong nanos = new AtomicLong();
    rig.nanoClock = nanos::get;
    rig.engine.limitPieces(3);

    try (Transfer transfer = rig.start("a")) {
      await().until(() -> transfer.progress().verifiedPieces() == 3);
      assertThat(transfer.await(Duration.ZERO).heartbeat()).isTrue();
      nanos.set(Duration.ofMinutes(11).toNanos());
      TransferException failure = failure(rig, transfer);

      assertThat(failure.fault().kind()).isEqualTo(Fault.Kind.STALLED);
      assertThat(failure.fault().message()).contains("no peer").contains("660 s");
    }
  }

  @Test
  void aHeartbeatTellsWhichPiecesAreInScratch() throws Exception {
    TransferRig rig = rig(Content.file(folder.resolve("in/small.bin"), MEBIBYTE, 13), 16384);
    rig.engine.limitPieces(5);

    try (Transfer transfer = rig.start("a")) {
      await().until(() -> transfer.progress().verifiedPieces() == 5);
      Transfer.Batch batch = transfer.await(Duration.ofMillis(1));

      assertThat(batch.heartbeat()).isTrue();
      assertThat(batch.pieces().cardinality()).isEqualTo(5);
    }
  }

  @Test
  void closingEndsWhileTheStoreHangsAndLeavesNoThread() throws Exception {
    TransferRig rig = rig(Content.file(folder.resolve("in/big.bin"), 20 * MEBIBYTE, 14), 262144);
    CountDownLatch latch = new CountDownLatch(1);
    rig.bucket.front().hold(line -> line.startsWith("PUT"), latch);
    Transfer transfer = rig.start("a");
    await().until(() -> rig.bucket.front().requests().stream().anyMatch(l -> l.startsWith("PUT")));

    transfer.close();

    latch.countDown();
    assertThat(transfer.await(Duration.ofSeconds(20)).parts()).isEmpty();
    // The lock is free again, so whoever comes next may work here.
    try (Transfer next = rig.start("a")) {
      rig.finish(next);
    }
    rig.proveObjects();
  }

  @Test
  void scratchSpaceComesBackAsTheUploadProceeds() throws Exception {
    TransferRig rig = rig(Content.file(folder.resolve("in/big.bin"), 150 * MEBIBYTE, 15), 1 << 20);
    rig.retain = DataSize.ofMegabytes(0);

    try (Transfer transfer = rig.start("a")) {
      rig.finish(transfer);
    }

    assertThat(segments(rig.scratch("a"))).isEmpty();
    assertThat(rig.engine.forgotten().cardinality()).isGreaterThanOrEqualTo(128);
    rig.proveObjects();
  }

  @Test
  void someFinishedSegmentsStayForPeersAndTheOldestGoFirst() throws Exception {
    TransferRig rig = rig(Content.file(folder.resolve("in/big.bin"), 150 * MEBIBYTE, 16), 1 << 20);
    rig.retain = DataSize.ofMegabytes(100);

    try (Transfer transfer = rig.start("a")) {
      rig.finish(transfer);
    }

    Set<String> kept =
        segments(rig.scratch("a")).stream()
            .map(path -> String.valueOf(path.getFileName()))
            .collect(Collectors.toSet());
    BitSet gone = new BitSet();
    for (int segment = 0; segment < 19; segment++) {
      if (!kept.contains("segment-%08d".formatted(segment))) {
        gone.set(segment * 8, Math.min(150, segment * 8 + 8));
      }
    }
    // Parts that are sent side by side end in any order, so that neighbours may change places.
    assertThat(kept).hasSize(12).contains("segment-00000018");
    assertThat(gone.nextClearBit(0)).isGreaterThanOrEqualTo(5 * 8);
    assertThat(rig.engine.forgotten()).isEqualTo(gone);
  }

  @Test
  void theEndOfAJobDeletesItsScratch() throws Exception {
    TransferRig rig = rig(Content.file(folder.resolve("in/big.bin"), 9 * MEBIBYTE, 17), 262144);
    try (Transfer transfer = rig.start("a")) {
      rig.finish(transfer);
    }
    assertThat(segments(rig.scratch("a"))).isNotEmpty();

    rig.factory("a", rig.engine).discardScratch("job-1");

    assertThat(rig.scratch("a").resolve("jobs/job-1")).doesNotExist();
  }

  @Test
  void seedingServesWhatScratchHoldsAndIsFinishedFromTheStart() throws Exception {
    TransferRig rig = rig(Content.file(folder.resolve("in/big.bin"), 9 * MEBIBYTE, 18), 262144);
    try (Transfer transfer = rig.start("a")) {
      rig.finish(transfer);
    }
    rig.proveObjects();

    try (Transfer seeding = rig.factory("a", rig.engine).seed(rig.request())) {
      assertThat(seeding.finished()).isTrue();
      assertThat(seeding.await(Duration.ofMillis(1)).heartbeat()).isTrue();
      await()
          .untilAsserted(() ->
              assertThat(
                      rig.engine.request(rig.metainfo.infoHash().hex()).available().cardinality())
                  .isEqualTo(36));
    }
    assertThat(rig.engine.fedBytes()).isEqualTo(9 * MEBIBYTE);
  }

  @Test
  void aSleeperOnTheSameHostKeepsItsScratchAndSpoilsNothingWhenItWakes() throws Exception {
    TransferRig rig = rig(Content.file(folder.resolve("in/big.bin"), 20 * MEBIBYTE, 19), 262144);
    CountDownLatch asleep = new CountDownLatch(1);
    rig.bucket.front().hold(line -> line.contains("partNumber=2"), asleep);

    try (Transfer sleeper = rig.start("a")) {
      rig.drive(sleeper, batch -> rig.checkpoint.parts().size() == 2);
      await().until(() -> rig.bucket.front().requests().stream().anyMatch(sendsPart(2)));
      Map<Path, String> held = sums(segments(rig.scratch("a")));
      rig.bucket.front().heal();
      try (Transfer heir = rig.start("a")) {
        rig.finish(heir);
      }
      rig.proveObjects();
      assertThat(sums(segments(rig.scratch("a")))).containsAllEntriesOf(held);

      // Its part arrives after all: the same bytes, for an upload that is no more.
      asleep.countDown();
      try {
        sleeper.await(Duration.ofSeconds(30));
      } catch (TransferException e) {
        assertThat(e.fault().isTransient()).isTrue();
      }
    }

    rig.proveObjects();
    rig.factory("a", rig.engine).discardScratch("job-1");
    assertThat(segments(rig.scratch("a"))).isEmpty();
  }

  @Test
  void whoHasLostTheJobAbortsNoUpload() throws Exception {
    TransferRig rig = rig(Content.file(folder.resolve("in/big.bin"), 20 * MEBIBYTE, 20), 262144);
    try (Transfer transfer = rig.start("a")) {
      rig.drive(transfer, batch -> rig.checkpoint.parts().size() == 1);
    }
    // As a sleeper reads it that another has superseded: a part with an ETag of its own.
    Checkpoint left = rig.checkpoint;
    UploadedPart known = left.parts().getFirst();
    rig.checkpoint =
        new Checkpoint(
            left.uploads(),
            List.of(new UploadedPart(known.object(), known.number(), known.length(), "other", 0)),
            "",
            new BitSet());
    LeaseLostException lost = new LeaseLostException(new Lease("job-1", 1, "sleeper"));
    rig.fence =
        () -> {
          throw lost;
        };

    try (Transfer sleeper = rig.start("b")) {
      assertThat(failure(rig, sleeper)).hasRootCause(lost);
    }

    assertThat(rig.bucket.front().requests()).noneMatch(line -> line.startsWith("DELETE"));
    rig.fence = () -> {};
    rig.checkpoint = left;
    try (Transfer heir = rig.start("b")) {
      rig.finish(heir);
    }
    rig.proveObjects();
  }

  private static Predicate<String> sendsPart(int number) {
    return line -> line.startsWith("PUT") && line.contains("partNumber=" + number);
  }

  private static Map<Path, String> sums(List<Path> files) {
    return files.stream().collect(Collectors.toMap(file -> file, Content::sha256));
  }

  private TransferRig rig(Path content, int pieceBytes) throws Exception {
    TransferRig rig = new TransferRig(folder.resolve("rig"), content, pieceBytes);
    open.add(rig);
    return rig;
  }

  private static TransferException failure(TransferRig rig, Transfer transfer) {
    TransferException failure =
        catchThrowableOfType(TransferException.class, () -> rig.finish(transfer));
    assertThat(failure).isNotNull();
    return failure;
  }

  private static List<Path> segments(Path scratch) throws Exception {
    try (Stream<Path> files = Files.walk(scratch)) {
      return files
          .filter(path -> String.valueOf(path.getFileName()).startsWith("segment-"))
          .sorted()
          .toList();
    }
  }

  private static void flipByte(Path scratch, long at) throws Exception {
    try (RandomAccessFile file =
        new RandomAccessFile(segments(scratch).getFirst().toFile(), "rw")) {
      file.seek(at);
      int was = file.read();
      file.seek(at);
      file.write(was ^ 0x10);
    }
  }
}
