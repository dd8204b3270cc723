package dev.piecework.worker.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import dev.piecework.layout.ObjectLayout;
import dev.piecework.layout.Part;
import dev.piecework.layout.StoredObject;
import dev.piecework.message.EventData.FinishedObject;
import dev.piecework.metainfo.MetainfoParser;
import dev.piecework.testkit.Content;
import dev.piecework.testkit.TestTorrent;
import dev.piecework.testkit.TorrentMaker;
import dev.piecework.worker.fault.Fault;
import dev.piecework.worker.lease.Fence;
import dev.piecework.worker.lease.Lease;
import dev.piecework.worker.lease.LeaseLostException;
import dev.piecework.worker.store.Cancellation;
import dev.piecework.worker.store.ObjectBody;
import dev.piecework.worker.store.ObjectSettings;
import dev.piecework.worker.store.ObjectStore;
import dev.piecework.worker.store.SentPart;
import dev.piecework.worker.store.TestBucket;
import dev.piecework.worker.transfer.Checkpoint;
import dev.piecework.worker.transfer.TransferException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class StoreObjectFinisherTest {
  @TempDir private Path folder;
  private TestBucket bucket;
  private ObjectStore store;
  private ObjectFinisher finisher;
  private ObjectLayout layout;
  private Path tree;

  @BeforeEach
  void start() throws Exception {
    tree = folder.resolve("in/set");
    Content.file(tree.resolve("big.bin"), (9 << 20) + 5, 1);
    Content.file(tree.resolve("small.bin"), 1234, 2);
    TestTorrent torrent = TorrentMaker.of(tree).make();
    layout = ObjectLayout.of(MetainfoParser.parse(torrent.metainfo()), "");
    bucket = TestBucket.start(folder.resolve("buckets"));
    store = new ObjectStore(bucket.settings(), ObjectSettings.none());
    finisher = new StoreObjectFinisher(store);
  }

  @AfterEach
  void stop() {
    store.close();
    bucket.close();
  }

  @Test
  void completesAndProvesEveryObject() throws Exception {
    List<FinishedObject> told = new ArrayList<>();

    List<FinishedObject> finished = finisher.finish(work(uploaded()), told::add);

    assertThat(finished)
        .extracting(FinishedObject::key)
        .containsExactly("set/big.bin", "set/small.bin");
    assertThat(told).containsExactlyInAnyOrderElementsOf(finished);
    assertThat(Files.mismatch(bucket.file("set/big.bin"), tree.resolve("big.bin"))).isEqualTo(-1);
    assertThat(finished).allSatisfy(object -> assertThat(object.etag()).isNotEmpty());
  }

  @Test
  void mayBeRepeated() throws Exception {
    Checkpoint checkpoint = uploaded();
    List<FinishedObject> first = finisher.finish(work(checkpoint), object -> {});

    assertThat(finisher.finish(work(checkpoint), object -> {})).isEqualTo(first);
  }

  @Test
  void aLostAnswerToTheCompletionIsNoFailure() throws Exception {
    Checkpoint checkpoint = uploaded();
    bucket.front().loseAnswer(line -> line.startsWith("POST"), 1);

    assertThat(finisher.finish(work(checkpoint), object -> {})).hasSize(2);
  }

  /** Some stores answer 500 for an upload that they have completed. */
  @Test
  void aLostAnswerIsLookedForInTheObjectBeforeTheCompletionIsRepeated() throws Exception {
    Checkpoint checkpoint = uploaded();
    bucket.front().loseAnswer(StoreObjectFinisherTest::completes, 1);
    bucket.front().answer(StoreObjectFinisherTest::completes, 1000, 500, "InternalError");

    assertThat(finisher.finish(work(checkpoint), object -> {})).hasSize(2);
    assertThat(bucket.front().requests()).filteredOn(StoreObjectFinisherTest::completes).hasSize(1);

    // Nor does a later run, which knows nothing of it.
    assertThat(finisher.finish(work(checkpoint), object -> {})).hasSize(2);
    assertThat(bucket.front().requests()).filteredOn(StoreObjectFinisherTest::completes).hasSize(2);
  }

  @Test
  void whoHasLostTheJobCompletesNothing() throws Exception {
    Checkpoint checkpoint = uploaded();
    LeaseLostException lost = new LeaseLostException(new Lease("job", 1, "sleeper"));

    TransferException failure =
        catchThrowableOfType(
            TransferException.class,
            () ->
                finisher.finish(
                    work(
                        checkpoint,
                        () -> {
                          throw lost;
                        }),
                    object -> {}));

    assertThat(failure).hasRootCause(lost);
    assertThat(bucket.front().requests()).noneMatch(StoreObjectFinisherTest::completes);
    assertThat(bucket.file("set/big.bin")).doesNotExist();
  }

  @Test
  void aSleepersCompletionOnItsWayAndTheHeirsMakeOneObject() throws Exception {
    Checkpoint checkpoint = uploaded();
    CountDownLatch late = new CountDownLatch(1);
    bucket.front().hold(StoreObjectFinisherTest::completes, late);
    FutureTask<List<FinishedObject>> sleeper =
        new FutureTask<>(() -> finisher.finish(work(checkpoint), object -> {}));
    Thread.startVirtualThread(sleeper);
    await().until(() -> bucket.front().requests().stream().anyMatch(line -> completes(line)));
    bucket.front().heal();

    List<FinishedObject> heir = finisher.finish(work(checkpoint), object -> {});
    late.countDown();

    assertThat(sleeper.get()).isEqualTo(heir);
    assertThat(Files.mismatch(bucket.file("set/big.bin"), tree.resolve("big.bin"))).isEqualTo(-1);
  }

  @Test
  void aCompletionThatIsWaitedForCanBeGivenUp() throws Exception {
    Checkpoint checkpoint = uploaded();
    CountDownLatch never = new CountDownLatch(1);
    bucket.front().hold(StoreObjectFinisherTest::completes, never);
    Cancellation cancellation = new Cancellation();
    FutureTask<List<FinishedObject>> waiting =
        new FutureTask<>(() ->
            finisher.finish(
                new ObjectFinisher.Work(
                    layout, TestBucket.NAME, checkpoint, Map.of(), () -> {}, cancellation),
                object -> {}));
    Thread.startVirtualThread(waiting);
    await().until(() -> bucket.front().requests().stream().anyMatch(line -> completes(line)));

    cancellation.cancel();

    assertThatThrownBy(waiting::get).hasCauseInstanceOf(TransferException.class);
    bucket.front().heal();
    never.countDown();
    assertThat(finisher.finish(work(checkpoint), object -> {})).hasSize(2);
  }

  private static boolean completes(String line) {
    return line.startsWith("POST") && line.contains("uploadId=");
  }

  @Test
  void aPartThatIsNotInTheCheckpointIsRefused() throws Exception {
    Checkpoint checkpoint = uploaded();
    Checkpoint holey =
        new Checkpoint(checkpoint.uploads(), checkpoint.parts().subList(1, 3), "", new BitSet());

    TransferException failure = failure(holey);

    assertThat(failure.fault().kind()).isEqualTo(Fault.Kind.VERIFY_FAILED);
    assertThat(failure.fault().message()).contains("part 1 of 2").contains("set/big.bin");
    assertThat(bucket.file("set/big.bin")).doesNotExist();
  }

  @Test
  void anObjectThatIsGoneIsFoundOut() throws Exception {
    Checkpoint checkpoint = uploaded();
    Files.delete(bucket.file("set/small.bin"));

    TransferException failure = failure(checkpoint);

    assertThat(failure.fault().kind()).isEqualTo(Fault.Kind.VERIFY_FAILED);
    assertThat(failure.fault().message()).contains("set/small.bin").contains("not in the bucket");
  }

  @Test
  void anObjectThatSomebodyReplacedIsFoundOut() throws Exception {
    Checkpoint checkpoint = uploaded();
    store.putObject(
        TestBucket.NAME,
        "set/small.bin",
        ObjectBody.of(new byte[1234]),
        "text/plain",
        TestBucket.ORIGIN,
        new Cancellation());

    assertThat(failure(checkpoint).fault().kind()).isEqualTo(Fault.Kind.VERIFY_FAILED);
  }

  @Test
  void aStoreThatFailsIsTransient() throws Exception {
    Checkpoint checkpoint = uploaded();
    bucket.front().answer(line -> line.startsWith("HEAD"), 1000, 500, "InternalError");

    Fault fault = failure(checkpoint).fault();

    assertThat(fault.kind()).isEqualTo(Fault.Kind.STORE_UNAVAILABLE);
    assertThat(fault.isTransient()).isTrue();
  }

  @Test
  void writesTheManifest() throws Exception {
    finisher.putManifest(
        TestBucket.NAME,
        "m/manifest.json",
        TestBucket.ORIGIN,
        "{}".getBytes(StandardCharsets.UTF_8),
        new Cancellation());

    assertThat(bucket.file("m/manifest.json")).hasContent("{}");
  }

  @Test
  void abortsWhatIsOpenAndMayBeRepeated() throws Exception {
    Checkpoint checkpoint = uploaded();

    finisher.abort(layout, TestBucket.NAME, checkpoint);
    finisher.abort(layout, TestBucket.NAME, checkpoint);

    assertThat(bucket.file("set/big.bin")).doesNotExist();
    assertThat(bucket.front().requests()).filteredOn(line -> line.startsWith("DELETE")).hasSize(2);
  }

  @Test
  void whatOneRefusalLeavesKeepsNothingElse() throws Exception {
    Checkpoint checkpoint = uploaded();
    finisher.finish(work(checkpoint), object -> {});
    bucket
        .front()
        .answer(
            line -> line.startsWith("DELETE") && line.contains("big.bin"),
            1000,
            403,
            "AccessDenied");

    assertThat(finisher.abort(layout, TestBucket.NAME, checkpoint))
        .singleElement()
        .asString()
        .startsWith("the upload of set/big.bin (")
        .contains("AccessDenied");
    assertThat(finisher.delete(layout, TestBucket.NAME, "a-job", checkpoint, () -> {}))
        .singleElement()
        .asString()
        .startsWith("set/big.bin (");
    assertThat(bucket.file("set/small.bin")).doesNotExist();
    assertThat(bucket.file("set/big.bin")).exists();
  }

  @Test
  void deletesAnObjectThatWasSentAndNotWrittenDown() throws Exception {
    uploaded();
    Checkpoint killedBefore = Checkpoint.empty();

    assertThat(finisher.delete(layout, TestBucket.NAME, "another", killedBefore, () -> {}))
        .isEmpty();
    assertThat(bucket.file("set/small.bin")).as("of another job").exists();

    assertThat(finisher.delete(layout, TestBucket.NAME, "a-job", killedBefore, () -> {})).isEmpty();
    assertThat(bucket.file("set/small.bin")).doesNotExist();
  }

  private ObjectFinisher.Work work(Checkpoint checkpoint) {
    return work(checkpoint, () -> {});
  }

  private ObjectFinisher.Work work(Checkpoint checkpoint, Fence fence) {
    return new ObjectFinisher.Work(
        layout, TestBucket.NAME, checkpoint, Map.of(), fence, new Cancellation());
  }

  private TransferException failure(Checkpoint checkpoint) {
    TransferException failure =
        catchThrowableOfType(
            TransferException.class, () -> finisher.finish(work(checkpoint), object -> {}));
    assertThat(failure).isNotNull();
    return failure;
  }

  /** Sends every part, as a transfer does. */
  private Checkpoint uploaded() throws Exception {
    List<Checkpoint.Upload> uploads = new ArrayList<>();
    List<Checkpoint.UploadedPart> parts = new ArrayList<>();
    for (StoredObject object : layout.objects()) {
      byte[] content = Files.readAllBytes(tree.resolveSibling(object.key()));
      String id = "";
      if (!object.single()) {
        id =
            store.createUpload(
                TestBucket.NAME, object.key(), TestBucket.ORIGIN, new Cancellation(), () -> {});
        uploads.add(new Checkpoint.Upload(object.index(), id));
      }
      for (int number = 1; number <= object.partCount(); number++) {
        Part part = object.part(number);
        int from = (int) (part.offset() - object.offset());
        ObjectBody body =
            ObjectBody.of(Arrays.copyOfRange(content, from, from + (int) part.length()));
        SentPart sent =
            object.single()
                ? store.putObject(
                    TestBucket.NAME,
                    object.key(),
                    body,
                    "text/plain",
                    TestBucket.ORIGIN,
                    new Cancellation())
                : store.uploadPart(
                    TestBucket.NAME, object.key(), id, number, body, new Cancellation());
        parts.add(
            new Checkpoint.UploadedPart(
                object.index(), number, sent.length(), sent.etag(), sent.crc32c()));
      }
    }
    return new Checkpoint(uploads, parts, "", new BitSet());
  }
}
