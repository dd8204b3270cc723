package dev.piecework.worker.start;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Every setting of a worker is in docs/configuration.md as the code has it. */
class SettingsPageTest {
  static final String WRITE =
      "./mvnw -pl worker -am test -Dtest=SettingsPageTest -Dsurefire.failIfNoSpecifiedTests=false -Dpiecework.test.write=true";

  private static final Path PAGE = Path.of("..", "docs", "configuration.md");

  @Test
  void thePageIsWhatTheCodeGives() throws Exception {
    String page = SettingsPage.text();
    if (Boolean.getBoolean("piecework.test.write")) {
      Files.writeString(PAGE, page);
    }

    assertThat(PAGE)
        .as("docs/configuration.md is not what the code gives; write it anew by: %s", WRITE)
        .hasContent(page);
  }
}
