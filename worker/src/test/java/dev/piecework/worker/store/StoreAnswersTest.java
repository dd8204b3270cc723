package dev.piecework.worker.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.piecework.worker.fault.Fault;
import dev.piecework.worker.store.StoreException.Reason;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Answers as they come from stores that are not Amazon's. */
final class StoreAnswersTest {
  private static final byte[] CONTENT = "some bytes".getBytes(StandardCharsets.UTF_8);
  private static final String BUCKET = DialectServer.BUCKET;

  private DialectServer server;
  private ObjectStore store;

  @BeforeEach
  void start() throws Exception {
    server = DialectServer.start("");
    store = DialectStores.store(server, Map.of());
  }

  @AfterEach
  void stop() {
    store.close();
    server.close();
  }

  /** Ceph RGW leaves out the initiator, which made each resume wait for six seconds. */
  @ParameterizedTest
  @ValueSource(strings = {"no-initiator", "xml-utf16", "", "etag-quotes", "empty-complete-etag"})
  void anUploadIsListedAndCompleted(String dialect) throws Exception {
    server.speak(dialect);
    String id = begin();
    SentPart part = part(id);

    assertThat(store.listParts(BUCKET, "k", id))
        .containsExactly(new ListedPart(1, CONTENT.length, part.etag()));
    store.completeUpload(BUCKET, "k", id, List.of(part), _ -> false, new Cancellation());

    assertThat(server.objects().content("k")).hasValue(CONTENT);
    assertThat(server.requests()).hasSize(4);
  }

  @Test
  void anEmpty403IsARefusalAndNoOtherServer() {
    server.speak("empty-403");

    StoreException refused = failure(this::put);

    assertThat(refused.reason()).isEqualTo(Reason.DENIED);
    assertThat(refused)
        .hasMessageContaining("it answered HTTP 403")
        .hasMessageContaining("rights to read and write bucket data");
  }

  @ParameterizedTest
  @ValueSource(strings = {"headbucket-403", "headbucket-405"})
  void aBucketThatMayBeListedNeedNotBeLookedUp(String dialect) {
    server.speak(dialect);

    assertThatCode(() -> store.checkBucket(BUCKET)).doesNotThrowAnyException();
  }

  @ParameterizedTest
  @ValueSource(strings = {"redirect-301", "redirect-400"})
  void theRegionOfABucketIsNamed(String dialect) {
    server.speak(dialect);

    assertThat(failure(() -> store.checkBucket(BUCKET)))
        .hasMessageContaining("in region eu-north-1: set piecework.store.region to it");
  }

  @Test
  void aRedirectWithinTheHostIsSignedAnewAndFollowed() throws Exception {
    server.speak("redirect-307=" + server.port());

    put();

    assertThat(server.objects().content("k")).hasValue(CONTENT);
    assertThat(server.requests()).hasSize(2);
  }

  @Test
  void aBodyGoesToNoOtherHost() {
    server.speak("redirect-elsewhere");

    assertThat(failure(this::put))
        .hasMessageContaining("it redirects to http://localhost:")
        .hasMessageContaining("where nothing is sent: set piecework.store.endpoint");
    assertThat(server.requests()).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"slow-429=2", "slow-503=2", "html-502=2"})
  void aStoreThatIsBusyIsAskedAgain(String dialect) throws Exception {
    server.speak(dialect);

    for (int i = 0; i < 4; i++) {
      put();
    }

    assertThat(server.requests()).hasSizeGreaterThan(4);
  }

  @Test
  void aFullStoreIsSaidToBeFull() throws Exception {
    server.speak("quota-507");
    String id = begin();

    assertThat(failure(() -> part(id))).hasMessageContaining("it has no room: raise the quota");
  }

  @Test
  void aQuotaThatIsUsedUpIsNoOutage() throws Exception {
    server.speak("quota-403");
    String id = begin();

    StoreException full = failure(() -> part(id));

    assertThat(full).hasMessageContaining("it has no room: raise the quota");
    assertThat(full.destinationFault().kind()).isEqualTo(Fault.Kind.STORE_UNAVAILABLE);
    // Nobody else is blamed, and nothing is sent in vain.
    assertThat(store.health().outage()).isEmpty();
    assertThat(server.requests()).hasSize(2);
  }

  @Test
  void aPartWithoutAnEtagIsLookedUp() throws Exception {
    server.speak("put-no-etag");
    String id = begin();
    SentPart part = part(id);
    store.completeUpload(BUCKET, "k", id, List.of(part), _ -> false, new Cancellation());

    assertThat(server.objects().content("k")).hasValue(CONTENT);
  }

  @Test
  void aSizeThatIsNotAnsweredIsListed() throws Exception {
    server.speak("no-content-length");
    put();

    assertThat(store.stat(BUCKET, "k").orElseThrow().size()).isEqualTo(CONTENT.length);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "complete-error-200=2",
        "complete-error-200-done=1",
        "complete-lost=1",
        "complete-lost-500=1",
        "complete-slow=1"
      })
  void anEndThatIsNotAnsweredWellIsLookedAtBeforeItIsTriedAgain(String dialect) throws Exception {
    try (ObjectStore hasty =
        DialectStores.store(server, Map.of("piecework.store.read-timeout", "300ms"))) {
      server.speak(dialect);
      String id = hasty.createUpload(BUCKET, "k", TestBucket.ORIGIN, new Cancellation(), () -> {});
      SentPart part =
          hasty.uploadPart(BUCKET, "k", id, 1, ObjectBody.of(CONTENT), new Cancellation());

      hasty.completeUpload(
          BUCKET,
          "k",
          id,
          List.of(part),
          stat -> stat.size() == CONTENT.length,
          new Cancellation());

      assertThat(server.objects().content("k")).hasValue(CONTENT);
    }
  }

  @Test
  void whatIsNotS3IsNotAskedBlindlyAgain() throws Exception {
    try (PageServer page = PageServer.start();
        ObjectStore lost =
            new ObjectStore(
                TestBucket.settings(page.endpoint(), "secret"), ObjectSettings.none())) {
      StoreException unreadable =
          failure(() ->
              lost.createUpload(BUCKET, "k", TestBucket.ORIGIN, new Cancellation(), () -> {}));

      assertThat(unreadable.destinationFault().isTransient()).isTrue();
      assertThat(page.posts()).isEqualTo(1);
    }
  }

  private void put() throws StoreException {
    store.putObject(
        BUCKET, "k", ObjectBody.of(CONTENT), "text/plain", TestBucket.ORIGIN, new Cancellation());
  }

  private String begin() throws StoreException {
    return store.createUpload(BUCKET, "k", TestBucket.ORIGIN, new Cancellation(), () -> {});
  }

  private SentPart part(String id) throws StoreException {
    return store.uploadPart(BUCKET, "k", id, 1, ObjectBody.of(CONTENT), new Cancellation());
  }

  private static StoreException failure(ThrowingCallable call) {
    StoreException failure = catchThrowableOfType(StoreException.class, call);
    assertThat(failure).isNotNull();
    return failure;
  }
}
