package dev.piecework.worker.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.piecework.worker.checksum.Crc32cCombiner;
import dev.piecework.worker.fault.Fault;
import dev.piecework.worker.store.StoreException.Reason;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.CRC32C;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ObjectStoreTest {
  @TempDir private Path folder;
  private TestBucket bucket;
  private ObjectStore store;

  @BeforeEach
  void start() {
    bucket = TestBucket.start(folder);
    store = new ObjectStore(bucket.settings(), ObjectSettings.none());
  }

  @AfterEach
  void stop() {
    store.close();
    bucket.close();
  }

  @Test
  void nothingIsBegunTwiceInSilence() throws Exception {
    AtomicInteger told = new AtomicInteger();
    store.checkBucket(TestBucket.NAME); // a connection is there to be reused
    bucket.front().loseAnswer(line -> line.startsWith("POST"), 1);

    store.createUpload(
        TestBucket.NAME, "a", TestBucket.ORIGIN, new Cancellation(), told::incrementAndGet);

    assertThat(bucket.front().requests().stream().filter(line -> line.startsWith("POST")))
        .hasSize(told.get());
  }

  @Test
  void writesAnObjectAndStatsIt() throws Exception {
    byte[] content = "piece by piece".getBytes(StandardCharsets.UTF_8);

    SentPart sent = put("a/b ü.txt", content);

    assertThat(Files.readAllBytes(bucket.file("a/b ü.txt"))).isEqualTo(content);
    assertThat(sent.crc32c()).isEqualTo(crc32c(content));
    StoredStat stat = store.stat(TestBucket.NAME, "a/b ü.txt").orElseThrow();
    assertThat(stat.size()).isEqualTo(content.length);
    assertThat(stat.etag()).isEqualTo(sent.etag()).isNotEmpty();
  }

  @Test
  void writesAnEmptyObject() throws Exception {
    put("empty", new byte[0]);

    assertThat(store.stat(TestBucket.NAME, "empty").orElseThrow().size()).isZero();
  }

  @Test
  void uploadsPartsOutOfOrderAndCompletes() throws Exception {
    byte[] content = random(8 << 20, 1);
    byte[] tail = random(12_345, 2);
    String id =
        store.createUpload(TestBucket.NAME, "big", TestBucket.ORIGIN, new Cancellation(), () -> {});

    SentPart second = part("big", id, 2, tail);
    SentPart first = part("big", id, 1, content);
    assertThat(store.listParts(TestBucket.NAME, "big", id))
        .extracting(ListedPart::number)
        .containsExactly(1, 2);
    store.completeUpload(
        TestBucket.NAME, "big", id, List.of(first, second), _ -> false, new Cancellation());

    byte[] whole = Files.readAllBytes(bucket.file("big"));
    assertThat(whole).hasSize(content.length + tail.length);
    assertThat(Crc32cCombiner.combine(first.crc32c(), second.crc32c(), tail.length))
        .isEqualTo(crc32c(whole));
  }

  @Test
  void saysThatAnUploadIsUnknownAndAbortingItIsNoError() throws Exception {
    // S3Proxy still lists an aborted upload, unlike others; so the answer is made up.
    String id =
        store.createUpload(
            TestBucket.NAME, "gone", TestBucket.ORIGIN, new Cancellation(), () -> {});
    store.abortUpload(TestBucket.NAME, "gone", id);
    bucket.front().answer(line -> line.contains("uploadId="), 2, 404, "NoSuchUpload");

    store.abortUpload(TestBucket.NAME, "gone", id);
    StoreException unknown = failure(() -> store.listParts(TestBucket.NAME, "gone", id));

    assertThat(unknown.reason()).isEqualTo(Reason.NO_SUCH_UPLOAD);
  }

  @Test
  void statsNothingWhereNothingIs() throws Exception {
    assertThat(store.stat(TestBucket.NAME, "nothing")).isEmpty();
  }

  @Test
  void readsASmallObjectAndRefusesALargeOne() throws Exception {
    put("source.torrent", new byte[1000]);

    assertThat(store.read(TestBucket.NAME, "source.torrent", 1000)).hasSize(1000);
    StoreException tooLarge = failure(() -> store.read(TestBucket.NAME, "source.torrent", 999));
    assertThat(tooLarge.reason()).isEqualTo(Reason.TOO_LARGE);
    assertThat(tooLarge.sourceFault().kind()).isEqualTo(Fault.Kind.LIMIT_EXCEEDED);
    StoreException missing = failure(() -> store.read(TestBucket.NAME, "missing", 999));
    assertThat(missing.sourceFault().kind()).isEqualTo(Fault.Kind.SOURCE_REFUSED);
  }

  @Test
  void aBucketThatWasFoundIsNotLookedForAgainAtOnce() throws Exception {
    store.checkBucket(TestBucket.NAME);
    store.checkBucket(TestBucket.NAME);

    assertThat(bucket.front().requests()).hasSize(1);
  }

  @Test
  void findsItsBucketAndMissesAnother() throws Exception {
    store.checkBucket(TestBucket.NAME);

    StoreException missing = failure(() -> store.checkBucket("elsewhere"));

    assertThat(missing.reason()).isEqualTo(Reason.NO_SUCH_BUCKET);
    assertThat(missing.destinationFault().kind()).isEqualTo(Fault.Kind.DESTINATION_REFUSED);
    assertThat(missing).hasMessageContaining("elsewhere").hasMessageContaining("create it");
  }

  @Test
  void refusesABucketNameThatCannotBe() {
    StoreException refused = failure(() -> store.checkBucket("No Such Name"));

    assertThat(refused.destinationFault().kind()).isEqualTo(Fault.Kind.DESTINATION_REFUSED);
  }

  @Test
  void refusesWrongCredentialsWithoutTellingThem() {
    try (ObjectStore stranger =
        new ObjectStore(
            TestBucket.settings(bucket.settings().endpoint(), "wrong-secret"),
            ObjectSettings.none())) {
      StoreException refused =
          failure(() ->
              stranger.putObject(
                  TestBucket.NAME,
                  "x",
                  ObjectBody.of(new byte[1]),
                  "text/plain",
                  TestBucket.ORIGIN,
                  new Cancellation()));

      // It is the worker's fault, not the job's.
      assertThat(refused.destinationFault().blameless()).isTrue();
      assertThat(refused).hasMessageContaining("access-key");
      assertThat(refused.getMessage()).doesNotContain("wrong-secret");
    }
  }

  @Test
  void triesAgainAfterServerErrorsAndLostConnections() throws Exception {
    bucket.front().answer(ObjectStoreTest::anyPut, 1, 503, "SlowDown");
    bucket.front().cut(ObjectStoreTest::anyPut, 1);

    put("in-the-end", new byte[] {1, 2, 3});

    assertThat(Files.size(bucket.file("in-the-end"))).isEqualTo(3);
  }

  @Test
  void givesUpAfterEnoughServerErrors() {
    bucket.front().answer(line -> line.contains("/never"), Integer.MAX_VALUE, 500, "InternalError");

    StoreException down = failure(() -> put("never", new byte[1]));

    assertThat(down.destinationFault().kind()).isEqualTo(Fault.Kind.STORE_UNAVAILABLE);
    assertThat(down.destinationFault().isTransient()).isTrue();
    assertThat(down.destinationFault().blameless()).isFalse();
    assertThat(bucket.front().requests())
        .filteredOn(line -> line.contains("/never"))
        .hasSize(bucket.settings().retries() + 1);
  }

  @Test
  void deniedAccessIsNotTriedAgain() {
    bucket.front().answer(ObjectStoreTest::anyPut, Integer.MAX_VALUE, 403, "AccessDenied");

    StoreException denied = failure(() -> put("never", new byte[1]));

    assertThat(denied.destinationFault().kind()).isEqualTo(Fault.Kind.DESTINATION_REFUSED);
    assertThat(bucket.front().requests()).filteredOn(ObjectStoreTest::anyPut).hasSize(1);
  }

  @Test
  void aStoreThatDoesNotListenIsUnavailable() {
    try (ObjectStore nowhere =
        new ObjectStore(
            TestBucket.settings(URI.create("http://127.0.0.1:1"), "secret"),
            ObjectSettings.none())) {
      StoreException down = failure(() -> nowhere.checkBucket(TestBucket.NAME));

      assertThat(down.destinationFault().kind()).isEqualTo(Fault.Kind.STORE_UNAVAILABLE);
      assertThat(down).hasMessageContaining("http://127.0.0.1:1").hasMessageContaining("refused");
    }
  }

  @Test
  void cancellingEndsARequestThatHangs() throws Exception {
    CountDownLatch latch = new CountDownLatch(1);
    bucket.front().hold(ObjectStoreTest::anyPut, latch);
    Cancellation cancellation = new Cancellation();
    Thread canceller = Thread.startVirtualThread(() -> awaitRequest(cancellation));

    StoreException cancelled =
        failure(() ->
            store.putObject(
                TestBucket.NAME,
                "x",
                ObjectBody.of(new byte[9]),
                "text/plain",
                TestBucket.ORIGIN,
                cancellation));

    assertThat(cancelled.reason()).isEqualTo(Reason.CANCELLED);
    canceller.join();
    latch.countDown();
  }

  @Test
  void anUnreadableBodyIsNotTheStoresFault() {
    ObjectBody broken =
        new ObjectBody() {
          private int opened;

          @Override
          public long length() {
            return 10;
          }

          @Override
          public InputStream open() throws IOException {
            if (opened++ == 0) {
              return new ByteArrayInputStream(new byte[10]);
            }
            throw new IOException("disk is gone");
          }
        };

    StoreException unreadable =
        failure(() ->
            store.putObject(
                TestBucket.NAME, "x", broken, "text/plain", TestBucket.ORIGIN, new Cancellation()));

    assertThat(unreadable.destinationFault().kind()).isEqualTo(Fault.Kind.SCRATCH_FAILED);
    assertThat(unreadable).hasMessageContaining("disk is gone");
  }

  private static boolean anyPut(String line) {
    return line.startsWith("PUT");
  }

  private void awaitRequest(Cancellation cancellation) {
    while (bucket.front().requests().isEmpty()) {
      Thread.onSpinWait();
    }
    cancellation.cancel();
  }

  private SentPart put(String key, byte[] content) throws StoreException {
    return store.putObject(
        TestBucket.NAME,
        key,
        ObjectBody.of(content),
        "application/octet-stream",
        TestBucket.ORIGIN,
        new Cancellation());
  }

  private SentPart part(String key, String id, int number, byte[] content) throws StoreException {
    return store.uploadPart(
        TestBucket.NAME, key, id, number, ObjectBody.of(content), new Cancellation());
  }

  private static StoreException failure(ThrowingCallable call) {
    StoreException failure = catchThrowableOfType(StoreException.class, call);
    assertThat(failure).isNotNull();
    return failure;
  }

  private static int crc32c(byte[] content) {
    CRC32C crc32c = new CRC32C();
    crc32c.update(content);
    return (int) crc32c.getValue();
  }

  private static byte[] random(int length, long seed) {
    byte[] bytes = new byte[length];
    new SplittableRandom(seed).nextBytes(bytes);
    return bytes;
  }
}
