package dev.piecework.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ContentTest {
  @Test
  void equalSeedsGiveEqualBytesAndOthersDoNot(@TempDir Path folder) {
    String first = Content.sha256(Content.file(folder.resolve("a"), 3_000_001, 7));

    assertThat(Content.sha256(Content.file(folder.resolve("b"), 3_000_001, 7))).isEqualTo(first);
    assertThat(Content.sha256(Content.file(folder.resolve("c"), 3_000_001, 8))).isNotEqualTo(first);
    assertThat(folder.resolve("a")).hasSize(3_000_001);
  }

  @Test
  void threeThousandFilesAreAwkward(@TempDir Path folder) {
    Content.threeThousand(folder.resolve("set"), 1_000_000, 1);

    var sums = Content.sums(folder.resolve("set"));
    String emptySum = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assertThat(sums).hasSize(3000).containsKey("05 big/big 大きい.bin");
    assertThat(sums.values()).filteredOn(emptySum::equals).hasSize(300);
    assertThat(Content.bytes(folder)).isGreaterThan(1_000_000).isLessThan(5_000_000);
  }

  @Test
  void sumsOfASingleFileStandUnderItsName(@TempDir Path folder) {
    Path file = Content.file(folder.resolve("one.bin"), 10, 1);

    assertThat(Content.sums(file)).containsOnlyKeys("one.bin").isEqualTo(Content.sums(folder));
    assertThat(Files.exists(file)).isTrue();
  }
}
