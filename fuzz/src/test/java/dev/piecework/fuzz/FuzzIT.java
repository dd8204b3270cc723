package dev.piecework.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each corpus is replayed, and each target fuzzed for a few seconds. */
class FuzzIT {
  private static final Duration EACH = Duration.ofSeconds(6);

  @TempDir private Path corpora;

  static List<String> targets() {
    return Fuzzing.TARGETS;
  }

  @ParameterizedTest
  @MethodSource("targets")
  void nothingBreaks(String target) throws Exception {
    copyCorpus(target);

    assertThat(new Fuzzing(corpora, Path.of("target", "findings")).run(target, EACH)).isEmpty();
  }

  /** Otherwise a target that never runs would pass. */
  @Test
  void aBrokenTargetIsFound() throws Exception {
    assertThat(
            new Fuzzing(corpora, corpora.resolve("findings"))
                .run(BrokenTarget.class.getName(), Duration.ofMinutes(1)))
        .isPresent();
  }

  /** A copy, since a run adds to its corpus. */
  private void copyCorpus(String target) throws IOException {
    Path to = Files.createDirectories(corpora.resolve(Fuzzing.simple(target)));
    Path from = Path.of("corpus", Fuzzing.simple(target));
    try (Stream<Path> inputs = Files.list(from)) {
      for (Path input : inputs.toList()) {
        Files.copy(input, to.resolve(input.getFileName()));
      }
    }
    assertThat(to).isNotEmptyDirectory();
  }
}
