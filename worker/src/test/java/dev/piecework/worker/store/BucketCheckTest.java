package dev.piecework.worker.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.piecework.worker.store.StoreException.Reason;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

/** A bucket that cannot be used is refused with the store's own reason. */
final class BucketCheckTest {
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

  private StoreException refusal(String name, Map<String, String> settings) {
    Map<String, String> properties = new HashMap<>(bucket.properties());
    properties.put("piecework.store.retries", "0");
    properties.putAll(settings);
    try (ObjectStore store =
        new ObjectStore(
            new Binder(new MapConfigurationPropertySource(properties))
                .bindOrCreate("piecework.store", StoreSettings.class),
            ObjectSettings.none())) {
      return catchThrowableOfType(StoreException.class, () -> store.checkBucket(name));
    }
  }

  @Test
  void aWrongSecretKey() {
    StoreException e =
        refusal(TestBucket.NAME, Map.of("piecework.store.secret-key", "not-the-secret"));

    assertThat(e.outage()).isTrue();
    assertThat(e)
        .hasMessageContaining("SignatureDoesNotMatch (HTTP 403)")
        .hasMessageContaining("check piecework.store.access-key, secret-key and region");
    assertThat(e.getMessage()).doesNotContain("not-the-secret");
  }

  @Test
  void anUnknownAccessKey() {
    StoreException e = refusal(TestBucket.NAME, Map.of("piecework.store.access-key", "nobody"));

    assertThat(e.outage()).isTrue();
    assertThat(e).hasMessageContaining("InvalidAccessKeyId (HTTP 403)");
  }

  @Test
  void noSuchBucket() {
    StoreException e = refusal("elsewhere", Map.of());

    assertThat(e.reason()).isEqualTo(Reason.NO_SUCH_BUCKET);
    assertThat(e).hasMessageContaining("bucket 'elsewhere' does not exist: create it");
  }

  @Test
  void noRights() {
    bucket.front().answer(line -> line.contains(" /data"), Integer.MAX_VALUE, 403, "AccessDenied");

    StoreException e = refusal(TestBucket.NAME, Map.of());

    assertThat(e.reason()).isEqualTo(Reason.DENIED);
    assertThat(e)
        .hasMessageContaining("AccessDenied (HTTP 403)")
        .hasMessageContaining("rights to read and write bucket data");
  }
}
