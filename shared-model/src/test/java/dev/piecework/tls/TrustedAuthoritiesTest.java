package dev.piecework.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TrustedAuthoritiesTest {
  @TempDir private Path folder;

  @Test
  void javasOwnAreThere() {
    assertThat(TrustedAuthorities.ofJava().trustManager().getAcceptedIssuers()).isNotEmpty();
  }

  @Test
  void aFileThatCannotHelpIsRefusedByTheNameOfItsSetting() throws Exception {
    Path empty = Files.writeString(folder.resolve("empty.pem"), "");
    Path text = Files.writeString(folder.resolve("text.pem"), "-----BEGIN CERTIFICATE-----\nno\n");

    for (Path file : new Path[] {empty, text, folder.resolve("missing.pem")}) {
      assertThatThrownBy(() -> TrustedAuthorities.with("piecework.store.ca-file", file))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("piecework.store.ca-file names " + file)
          .hasMessageContaining("expected a file of certificates in PEM");
    }
  }
}
