package dev.piecework.worker.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.piecework.worker.fault.Fault;
import dev.piecework.worker.store.StoreException.Reason;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

/** Whose fault it is that a request fails: the job's, the store's, or this worker's own. */
final class StoreCircuitTest {
  private static final int ALWAYS = Integer.MAX_VALUE;

  @TempDir private Path folder;
  private TestBucket bucket;

  @BeforeEach
  void start() {
    bucket = TestBucket.start(folder.resolve("store"));
  }

  @AfterEach
  void stop() {
    bucket.close();
  }

  private ObjectStore store(String... more) {
    Map<String, String> properties = new HashMap<>(bucket.properties());
    properties.put("piecework.store.retries", "1");
    properties.put("piecework.store.retry-delay", "10ms");
    properties.put("piecework.store.probe-interval", "50ms");
    properties.put("piecework.store.outage-wait", "0s");
    for (int i = 0; i < more.length; i += 2) {
      properties.put(more[i], more[i + 1]);
    }
    properties.values().removeIf(String::isEmpty);
    return new ObjectStore(
        new Binder(new MapConfigurationPropertySource(properties))
            .bindOrCreate("piecework.store", StoreSettings.class),
        ObjectSettings.none());
  }

  private static void put(ObjectStore store, String key) throws StoreException {
    store.putObject(
        TestBucket.NAME,
        key,
        ObjectBody.of(new byte[] {1}),
        "text/plain",
        TestBucket.ORIGIN,
        new Cancellation());
  }

  private static StoreException refusal(ObjectStore store) {
    return catchThrowableOfType(StoreException.class, () -> put(store, "key"));
  }

  private static void awaitWell(ObjectStore store) {
    Awaitility.await("a store that can be used")
        .atMost(Duration.ofSeconds(30))
        .until(() -> store.health().outage().isEmpty());
  }

  @ParameterizedTest
  @CsvSource({
    "403,SignatureDoesNotMatch",
    "403,InvalidAccessKeyId",
    "400,ExpiredToken",
    "400,InvalidToken",
    "403,RequestTimeTooSkewed",
    "403,AccessDenied",
  })
  void aRefusalOfEverythingIsTheWorkersFault(int status, String code) throws Exception {
    try (ObjectStore store = store()) {
      bucket.front().answer(_ -> true, ALWAYS, status, code);

      StoreException refused = refusal(store);

      assertThat(refused.outage()).isTrue();
      assertThat(refused).hasMessageContaining(code);
      assertThat(refused.destinationFault().blameless()).isTrue();
      assertThat(refused.sourceFault().blameless()).isTrue();
      assertThat(store.health().outage().orElseThrow().kind()).isEqualTo(StoreOutage.Kind.REFUSED);

      bucket.front().heal();
      awaitWell(store);
      put(store, "key");
    }
  }

  private static boolean writes(String line) {
    return line.startsWith("PUT") || line.startsWith("POST");
  }

  @Test
  void aStoreThatTakesNoBytesIsAway() throws Exception {
    try (ObjectStore store = store()) {
      put(store, "sets/key");
      bucket.front().answer(StoreCircuitTest::writes, ALWAYS, 507, "StorageFull");

      StoreException refused =
          catchThrowableOfType(StoreException.class, () -> put(store, "sets/other"));

      assertThat(refused.outage()).isTrue();
      assertThat(refused).hasMessageContaining("StorageFull");
      assertThat(store.health().outage().orElseThrow().kind()).isEqualTo(StoreOutage.Kind.AWAY);
    }
  }

  @Test
  void aStoreThatTakesBytesAgainIsFoundOutByWriting() throws Exception {
    try (ObjectStore store = store()) {
      // Uploads may begin: only bytes are refused.
      bucket.front().answer(line -> line.startsWith("PUT"), ALWAYS, 503, "SlowDown");
      assertThat(refusal(store).outage()).isTrue();

      bucket.front().heal();
      awaitWell(store);

      put(store, "key");
      assertThat(store.openUploads(TestBucket.NAME, WriteProbe.NAME)).isEmpty();
      assertThat(bucket.file(WriteProbe.NAME)).doesNotExist();
    }
  }

  @Test
  void aKeyAtWhichTheStoreFailsIsTheJobsOwn() {
    try (ObjectStore store = store()) {
      bucket
          .front()
          .answer(line -> writes(line) && line.contains("/odd/"), ALWAYS, 500, "InternalError");

      StoreException refused =
          catchThrowableOfType(StoreException.class, () -> put(store, "odd/key"));

      assertThat(refused.reason()).isEqualTo(Reason.UNAVAILABLE);
      assertThat(refused.outage()).isFalse();
      assertThat(store.health().outage()).isEmpty();
    }
  }

  @Test
  void aKeyWithRightsInOneFolderOnlyIsProbedThere() {
    try (ObjectStore store = store()) {
      bucket
          .front()
          .answer(
              line -> writes(line) && !line.contains("/data/team/"), ALWAYS, 403, "AccessDenied");
      bucket.front().answer(StoreCircuitTest::writes, ALWAYS, 503, "SlowDown");

      StoreException refused =
          catchThrowableOfType(StoreException.class, () -> put(store, "team/sets/key"));

      assertThat(refused.outage()).isTrue();
    }
  }

  @Test
  void aBucketThatAloneTakesNoBytesConcernsItsOwnJobsOnly() throws Exception {
    Files.createDirectories(folder.resolve("store/elsewhere"));
    try (ObjectStore store = store()) {
      store.health().knowBuckets(() -> List.of(TestBucket.NAME, "elsewhere"));
      bucket
          .front()
          .answer(line -> writes(line) && line.contains(" /data/"), ALWAYS, 503, "SlowDown");

      StoreException refused = refusal(store);

      assertThat(refused.reason()).isEqualTo(Reason.UNAVAILABLE);
      assertThat(refused.outage()).isFalse();
      assertThat(store.health().outage()).isEmpty();
    }
  }

  @Test
  void oneBucketThatRefusesIsTheJobsFault() {
    try (ObjectStore store = store()) {
      bucket.front().answer(line -> line.contains(" /data"), ALWAYS, 403, "AccessDenied");

      StoreException refused = refusal(store);

      assertThat(refused.reason()).isEqualTo(Reason.DENIED);
      assertThat(refused.destinationFault())
          .satisfies(fault -> assertThat(fault.blameless()).isFalse())
          .satisfies(fault -> assertThat(fault.kind()).isEqualTo(Fault.Kind.DESTINATION_REFUSED));
      assertThat(store.health().outage()).isEmpty();
    }
  }

  @Test
  void aKeyThatMayListNoBucketsIsKnownByTheBucketsOfOtherJobs() throws Exception {
    Files.createDirectories(folder.resolve("store/elsewhere"));
    try (ObjectStore store = store()) {
      bucket.front().answer(line -> !line.contains(" /elsewhere"), ALWAYS, 403, "AccessDenied");
      store.health().knowBuckets(() -> List.of(TestBucket.NAME, "elsewhere"));

      StoreException refused = refusal(store);

      assertThat(refused.reason()).isEqualTo(Reason.DENIED);
      assertThat(refused.outage()).isFalse();
    }
  }

  @Test
  void aSignatureThatOnlyOneRequestLacksIsNotTheWorkersFault() {
    try (ObjectStore store = store()) {
      bucket.front().answer(line -> line.contains("/key"), ALWAYS, 403, "SignatureDoesNotMatch");

      StoreException refused = refusal(store);

      assertThat(refused.reason()).isEqualTo(Reason.DENIED);
      assertThat(refused.outage()).isFalse();
      assertThat(store.health().outage()).isEmpty();
    }
  }

  @Test
  void anObjectThatTheStoreCannotWriteIsTheJobsFault() {
    try (ObjectStore store = store()) {
      bucket.front().answer(line -> line.contains("/key"), ALWAYS, 503, "ServiceUnavailable");

      StoreException refused = refusal(store);

      assertThat(refused.reason()).isEqualTo(Reason.UNAVAILABLE);
      assertThat(refused.outage()).isFalse();
      assertThat(store.health().outage()).isEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "http://127.0.0.1:1,AWAY",
    "http://store.invalid:9000,UNRESOLVED",
  })
  void nothingAtTheEndpoint(String endpoint, StoreOutage.Kind kind) {
    try (ObjectStore store = store("piecework.store.endpoint", endpoint)) {
      assertThat(refusal(store).outage()).isTrue();
      assertThat(store.health().outage().orElseThrow().kind()).isEqualTo(kind);
    }
  }

  @Test
  void aStoreThatHangs() {
    try (ObjectStore store =
        store("piecework.store.read-timeout", "200ms", "piecework.store.retries", "0")) {
      bucket.front().hold(_ -> true, new java.util.concurrent.CountDownLatch(1));

      assertThat(refusal(store).outage()).isTrue();
      assertThat(store.health().outage().orElseThrow())
          .satisfies(outage -> assertThat(outage.kind()).isEqualTo(StoreOutage.Kind.AWAY))
          .satisfies(outage -> assertThat(outage.why()).contains("no answer in time"));
      bucket.front().heal();
      awaitWell(store);
    }
  }

  @Test
  void aRequestWaitsForAStoreThatIsAway() throws Exception {
    try (ObjectStore store = store("piecework.store.outage-wait", "1m")) {
      bucket.front().answer(_ -> true, ALWAYS, 503, "ServiceUnavailable");
      AtomicInteger changes = new AtomicInteger();
      store.health().onChange(changes::incrementAndGet);

      CompletableFuture<Void> done =
          CompletableFuture.runAsync(
              () -> {
                try {
                  put(store, "key");
                } catch (StoreException e) {
                  throw new java.util.concurrent.CompletionException(e);
                }
              },
              Thread::startVirtualThread);
      Awaitility.await("the outage").until(() -> store.health().outage().isPresent());
      assertThat(store.health().outage().orElseThrow().text())
          .startsWith("waiting for the object store since ");
      assertThat(done).isNotDone();

      bucket.front().heal();
      done.get(30, java.util.concurrent.TimeUnit.SECONDS);
      assertThat(Files.size(bucket.file("key"))).isEqualTo(1);
      Awaitility.await("both changes").untilAtomic(changes, org.hamcrest.Matchers.is(2));
    }
  }

  @Test
  void aRequestWaitsNoLongerThanItMay() {
    try (ObjectStore store = store("piecework.store.outage-wait", "300ms")) {
      bucket.front().answer(_ -> true, ALWAYS, 503, "ServiceUnavailable");

      assertThat(refusal(store).outage()).isTrue();
    }
  }

  @Test
  void theStoreIsAskedBeforeAnyJob() {
    try (ObjectStore store = store("piecework.store.secret-key", "wrong")) {
      store.health().ask();

      assertThat(store.health().outage().orElseThrow().why()).contains("SignatureDoesNotMatch");
    }
  }

  @Test
  void keysInFilesAreReadAgainWhenTheStoreRefusesThem() throws Exception {
    Path secret = Files.writeString(folder.resolve("secret"), "before-the-rotation");
    try (ObjectStore store =
        store(
            "piecework.store.secret-key",
            "",
            "piecework.store.secret-key-file",
            secret.toString())) {
      assertThat(refusal(store).outage()).isTrue();

      Files.writeString(secret, TestBucket.SECRET_KEY + "\n");
      awaitWell(store);
      put(store, "key");
    }
  }

  @Test
  void aRotationThatIsReadInTimeIsNoOutage() throws Exception {
    Path access = Files.writeString(folder.resolve("access"), "old");
    try (ObjectStore store =
        store(
            "piecework.store.access-key",
            "",
            "piecework.store.access-key-file",
            access.toString())) {
      Files.writeString(access, TestBucket.ACCESS_KEY);

      put(store, "key");
    }
  }
}
