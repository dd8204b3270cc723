package dev.piecework.worker.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.piecework.layout.ObjectLayout;
import dev.piecework.layout.Part;
import dev.piecework.layout.StoredObject;
import dev.piecework.message.EventData.FinishedObject;
import dev.piecework.metainfo.MetainfoParser;
import dev.piecework.testkit.Content;
import dev.piecework.testkit.TestTorrent;
import dev.piecework.testkit.TorrentMaker;
import dev.piecework.worker.fault.Fault;
import dev.piecework.worker.store.Cancellation;
import dev.piecework.worker.store.ObjectBody;
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
    store = new ObjectStore(bucket.settings());
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

    List<FinishedObject> finished = finisher.finish(layout, TestBucket.NAME, uploaded(), told::add);

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
    List<FinishedObject> first = finisher.finish(layout, TestBucket.NAME, checkpoint, object -> {});

    assertThat(finisher.finish(layout, TestBucket.NAME, checkpoint, object -> {})).isEqualTo(first);
  }

  @Test
  void aLostAnswerToTheCompletionIsNoFailure() throws Exception {
    Checkpoint checkpoint = uploaded();
    bucket.front().loseAnswer(line -> line.startsWith("POST"), 1);

    assertThat(finisher.finish(layout, TestBucket.NAME, checkpoint, object -> {})).hasSize(2);
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
    finisher.putManifest(TestBucket.NAME, "m/manifest.json", "{}".getBytes(StandardCharsets.UTF_8));

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

  private TransferException failure(Checkpoint checkpoint) {
    TransferException failure =
        catchThrowableOfType(
            TransferException.class,
            () -> finisher.finish(layout, TestBucket.NAME, checkpoint, object -> {}));
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
        id = store.createUpload(TestBucket.NAME, object.key(), new Cancellation());
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
                    TestBucket.NAME, object.key(), body, "text/plain", new Cancellation())
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
