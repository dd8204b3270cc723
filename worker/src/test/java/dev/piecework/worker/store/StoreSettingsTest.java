package dev.piecework.worker.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

final class StoreSettingsTest {
  private static final Map<String, String> LEAST =
      Map.of(
          "piecework.store.endpoint", "http://127.0.0.1:9000",
          "piecework.store.access-key", "me",
          "piecework.store.secret-key", "hush-hush");

  @TempDir private Path folder;

  @Test
  void needsNoMoreThanEndpointAndKeys() {
    StoreSettings settings = bind(LEAST);

    assertThat(settings.endpoint()).isEqualTo(URI.create("http://127.0.0.1:9000"));
    assertThat(settings.concurrentUploads()).isEqualTo(3);
    assertThat(settings.resolveSecretKey()).isEqualTo("hush-hush");
  }

  @Test
  void doesNotShowItsSecret() {
    assertThat(bind(LEAST).toString()).doesNotContain("hush-hush");
  }

  @Test
  void readsTheSecretFromAFile() throws Exception {
    Path file = Files.writeString(folder.resolve("secret"), "from a file\n");

    StoreSettings settings =
        bind(
            Map.of(
                "piecework.store.endpoint", "https://s3.example.com",
                "piecework.store.access-key", "me",
                "piecework.store.secret-key-file", file.toString()));

    assertThat(settings.resolveSecretKey()).isEqualTo("from a file");
  }

  @ParameterizedTest
  @CsvSource({
    "endpoint, ftp://x",
    "endpoint, localhost",
    "endpoint, http://me:pw@host",
    "access-key, ''",
    "secret-key, ''",
    "secret-key-file, /also/set",
    "concurrent-uploads, 0",
    "concurrent-uploads, 65",
    "retries, -1",
    "connect-timeout, 0s",
  })
  void aWrongValueNamesItsSetting(String name, String value) {
    Map<String, String> properties = new HashMap<>(LEAST);
    properties.put("piecework.store." + name, value);

    assertThatThrownBy(() -> bind(properties))
        .rootCause()
        .hasMessageContaining("piecework.store.")
        .hasMessageContaining(name);
  }

  @Test
  void aMissingEndpointIsNamed() {
    assertThatThrownBy(() -> bind(Map.of("piecework.store.access-key", "me")))
        .rootCause()
        .hasMessageContaining("piecework.store.endpoint is not set");
  }

  private static StoreSettings bind(Map<String, String> properties) {
    return new Binder(new MapConfigurationPropertySource(properties))
        .bindOrCreate("piecework.store", StoreSettings.class);
  }
}
