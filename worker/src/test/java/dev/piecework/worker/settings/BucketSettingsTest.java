package dev.piecework.worker.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BucketSettingsTest {
  @Test
  void byDefaultJobsWriteAnywhereAndReadNothing() {
    BucketSettings settings = new BucketSettings(List.of("*"), List.of());
    assertThat(settings.writeRefused("any.bucket")).isEmpty();
    assertThat(settings.writeRefused("any.bucket", Stream.of("a/b", ""))).isEmpty();
    assertThat(settings.readRefused("any.bucket", "a.torrent"))
        .hasValueSatisfying(why -> assertThat(why).contains("any.bucket/a.torrent"));
  }

  @Test
  void bucketsAndBeginningsOfKeysAreMatched() {
    BucketSettings settings =
        new BucketSettings(List.of("team-*", " data/in/ ", "data/*/out/", ""), List.of("a.b/x*y/"));
    assertThat(settings.writeRefused("team-red")).isEmpty();
    assertThat(settings.writeRefused("data")).isEmpty();
    assertThat(settings.writeRefused("xteam-red")).isPresent();
    assertThat(settings.writeRefused("team-red", Stream.of("any"))).isEmpty();
    assertThat(settings.writeRefused("data", Stream.of("in/a", "x/out/b"))).isEmpty();
    assertThat(settings.writeRefused("data", Stream.of("in/a", "x/y/out/b")))
        .hasValueSatisfying(
            why -> assertThat(why).contains("data/x/y/out/b", "PIECEWORK_BUCKETS_WRITE_ALLOW"));
    assertThat(settings.writeRefused("other", Stream.of("in/a"))).isPresent();
    assertThat(settings.readRefused("a.b", "x1y/z")).isEmpty();
    assertThat(settings.readRefused("a.b", "x1/y/z")).isPresent();
    assertThat(settings.readRefused("aXb", "x1y/z")).isPresent();
  }

  @Test
  void noEntryAllowsNothing() {
    assertThat(new BucketSettings(List.of(), List.of()).writeRefused("b")).isPresent();
  }

  @ParameterizedTest
  @ValueSource(strings = {"s3://bucket/x", "a b", "/x"})
  void saysWhichEntryIsWrong(String entry) {
    assertThatThrownBy(() -> new BucketSettings(List.of(entry), List.of()))
        .hasMessageContaining("piecework.buckets.write-allow has '" + entry + "'");
  }
}
