package dev.piecework.worker.cleanup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.piecework.worker.TestDatabase;
import dev.piecework.worker.checkpoint.CheckpointTable;
import dev.piecework.worker.checkpoint.UploadIntents;
import dev.piecework.worker.lease.Lease;
import dev.piecework.worker.lease.LeaseLostException;
import dev.piecework.worker.lease.LeaseTable;
import dev.piecework.worker.store.Cancellation;
import dev.piecework.worker.store.ObjectSettings;
import dev.piecework.worker.store.ObjectStore;
import dev.piecework.worker.store.OpenUpload;
import dev.piecework.worker.store.TestBucket;
import dev.piecework.worker.transfer.Checkpoint;
import dev.piecework.worker.transfer.Transfer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a worker that dies in the middle of beginning an upload leaves behind. */
class StrayUploadsTest {
  private static final String KEY = "sets/big.bin";
  private static final Lease LEASE = new Lease("job", 1, "dead");

  @TempDir private Path folder = Path.of("");
  private final TestDatabase database = TestDatabase.h2();
  private final LeaseTable leases = new LeaseTable(database.jdbc(), database.transactions());
  private final UploadIntents intents =
      new UploadIntents(database.jdbc(), database.transactions(), leases);
  private final CheckpointTable checkpoints =
      new CheckpointTable(database.jdbc(), database.transactions(), leases);
  private TestBucket bucket;
  private ObjectStore store;
  private StrayUploads strays;

  @SuppressWarnings("NullAway.Init") // JUnit sets the fields before any test.
  StrayUploadsTest() {}

  @BeforeEach
  void open() {
    bucket = TestBucket.start(folder);
    store = new ObjectStore(bucket.settings(), ObjectSettings.none());
    strays = new StrayUploads(intents, store, Duration.ZERO);
    database
        .jdbc()
        .sql(
            """
            INSERT INTO piecework_job(id, message, submission, state, reason, attempt, failures,
              progressed, epoch, lease_owner, lease_until, requeues, priority, labels, bucket,
              prefix, info_hash, name, total_bytes, total_pieces, total_files, downloaded_bytes,
              sent_bytes, created_at, updated_at)
            VALUES ('job', '', '', 'RUNNING', '', 1, 0, FALSE, 1, 'dead', CURRENT_TIMESTAMP, 0, 0,
              '{}', 'data', 'sets/', '', '', 0, 0, 0, 0, 0, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP)
            """)
        .update();
  }

  @AfterEach
  void close() {
    store.close();
    bucket.close();
    database.close();
  }

  private String begin(String key) throws Exception {
    return store.createUpload(
        TestBucket.NAME,
        key,
        TestBucket.ORIGIN,
        new Cancellation(),
        () -> intents.intend(LEASE, 0, TestBucket.NAME, key));
  }

  private void commit(Lease lease, String uploadId) {
    checkpoints.write(
        lease,
        new CheckpointTable.Step(
            new Transfer.Batch(
                List.of(), List.of(new Checkpoint.Upload(0, uploadId)), List.of(), new BitSet()),
            false,
            "host-1",
            0,
            0,
            0,
            0));
  }

  private void job(String change) {
    database.jdbc().sql("UPDATE piecework_job SET " + change).update();
  }

  private List<String> open(String key) throws Exception {
    return store.openUploads(TestBucket.NAME, key).stream().map(OpenUpload::id).toList();
  }

  private long rows() {
    return database
        .jdbc()
        .sql("SELECT COUNT(*) FROM piecework_upload_intent")
        .query(Long.class)
        .single();
  }

  @Test
  void anUploadThatNoCheckpointKnowsIsAbortedOnceItsWorkerHasLostTheJob() throws Exception {
    String lost = begin(KEY);

    assertThat(strays.abort()).as("its worker may still commit it").isZero();
    assertThat(open(KEY)).containsExactly(lost);

    job("epoch = 2, lease_owner = 'heir'");
    assertThat(strays.abort()).isEqualTo(1);
    assertThat(open(KEY)).isEmpty();
    assertThat(rows()).isZero();
  }

  @Test
  void anUploadIsLookedForAgainWhileAnotherOfItsKeyIsBegun() throws Exception {
    String lost = begin(KEY);
    job("epoch = 2, lease_owner = 'heir'");
    Lease heir = new Lease("job", 2, "heir");
    intents.intend(heir, 0, TestBucket.NAME, KEY);

    assertThat(strays.abort()).as("it may be the heir's").isZero();
    assertThat(open(KEY)).containsExactly(lost);

    String known =
        store.createUpload(TestBucket.NAME, KEY, TestBucket.ORIGIN, new Cancellation(), () -> {});
    commit(heir, known);
    assertThat(strays.abort()).isEqualTo(1);
    assertThat(open(KEY)).containsExactly(known);
    assertThat(rows()).isZero();
  }

  @Test
  void anUploadOfACancelledJobIsAbortedHoweverYoungItIs() throws Exception {
    begin(KEY);
    StrayUploads patient = new StrayUploads(intents, store, Duration.ofHours(1));
    patient.abortOf("job");
    assertThat(open(KEY)).as("its worker is at work").hasSize(1);

    job("epoch = 2, state = 'CANCELLING', lease_owner = 'clearing'");
    patient.abortOf("job");

    assertThat(open(KEY)).isEmpty();
    assertThat(rows()).as("a request on its way may begin another").isEqualTo(1);
  }

  @Test
  void anUploadInACheckpointStays() throws Exception {
    String known = begin(KEY);
    commit(LEASE, known);
    assertThat(rows()).isZero();

    job("epoch = 2, state = 'QUEUED', lease_owner = ''");

    assertThat(strays.abort()).isZero();
    assertThat(open(KEY)).containsExactly(known);
  }

  @Test
  void anUploadBegunByARequestWhoseAnswerWasLostIsAbortedAndTheOtherStays() throws Exception {
    bucket.front().loseAnswer(line -> line.startsWith("POST") && line.contains("uploads"), 1);
    String known = begin(KEY);
    commit(LEASE, known);
    assertThat(open(KEY)).hasSize(2).contains(known);

    job("epoch = 2, lease_owner = 'heir'");
    strays.abort();

    assertThat(open(KEY)).containsExactly(known);
    assertThat(rows()).isZero();
  }

  @Test
  void whileAnotherWorkerBeginsTheSameObjectNothingIsTouched() throws Exception {
    String lost = begin(KEY);
    job("epoch = 2, lease_owner = 'heir'");
    Lease heir = new Lease("job", 2, "heir");
    intents.intend(heir, 0, TestBucket.NAME, KEY);
    String fresh =
        store.createUpload(TestBucket.NAME, KEY, TestBucket.ORIGIN, new Cancellation(), () -> {});

    strays.abort();
    assertThat(open(KEY)).containsExactlyInAnyOrder(lost, fresh);
  }

  @Test
  void whatIsAStrangersStays() throws Exception {
    String neighbour =
        store.createUpload(
            TestBucket.NAME, KEY + ".2", TestBucket.ORIGIN, new Cancellation(), () -> {});
    String early =
        store.createUpload(TestBucket.NAME, KEY, TestBucket.ORIGIN, new Cancellation(), () -> {});
    String lost = begin(KEY);
    // As if the stranger's had been begun an hour before ours was about to be.
    database
        .jdbc()
        .sql("UPDATE piecework_upload_intent SET since = DATEADD('HOUR', 1, since)")
        .update();
    job("state = 'FAILED', lease_owner = ''");

    new StrayUploads(intents, store, Duration.ofHours(-2)).abort();

    assertThat(open(KEY)).contains(early, lost);
    assertThat(open(KEY + ".2")).containsExactly(neighbour);
  }

  @Test
  void whatIsGivenUpIsAbortedByItsId() throws Exception {
    commit(LEASE, begin(KEY));
    job("state = 'FAILED', lease_owner = ''");

    database
        .transactions()
        .executeWithoutResult(status -> UploadIntents.giveUp(database.jdbc(), "job"));
    strays.abort();

    assertThat(open(KEY)).isEmpty();
    assertThat(bucket.front().requests()).noneMatch(line -> line.contains("GET /data?uploads"));
    assertThat(checkpoints.read("job")).isEqualTo(Checkpoint.empty());
  }

  @Test
  void aStoreThatIsAwayIsAskedAgainLater() throws Exception {
    begin(KEY);
    job("state = 'CANCELLED', lease_owner = ''");
    bucket.front().answer(line -> line.startsWith("GET"), 100, 503, "SlowDown");

    assertThat(strays.abort()).isZero();
    assertThat(rows()).isEqualTo(1);

    bucket.front().heal();
    // The circuit of the endpoint closes at its next probe.
    await().until(() -> strays.abort() == 1);
  }

  @Test
  void whoHasLostTheJobBeginsNothing() {
    job("epoch = 2, lease_owner = 'heir'");

    assertThatThrownBy(() -> begin(KEY)).isInstanceOf(LeaseLostException.class);

    assertThat(bucket.front().requests()).isEmpty();
  }
}
