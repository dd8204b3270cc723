package dev.piecework.message;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class JobIdTest {
  private static final JobSource SOURCE =
      new JobSource.Url(URI.create("https://example.org/a.torrent"));
  private static final Destination DESTINATION = new Destination("data", "sets/");

  @Test
  void isTheSameForEverAndEverywhere() {
    assertThat(JobId.of(SOURCE, DESTINATION, JobOptions.none()))
        .isEqualTo("sovt7awex33oy4n4d3gukuvybe");
  }

  @Test
  void dependsOnSourceAndDestinationAndSeeding() {
    assertThat(
            List.of(
                JobId.of(SOURCE, DESTINATION, JobOptions.none()),
                JobId.of(new JobSource.Magnet("magnet:?a"), DESTINATION, JobOptions.none()),
                JobId.of(SOURCE, new Destination("data", ""), JobOptions.none()),
                JobId.of(SOURCE, new Destination("datas", "ets/"), JobOptions.none()),
                JobId.of(
                    SOURCE,
                    new Destination("data", "sets/", Optional.of("{path}")),
                    JobOptions.none()),
                JobId.of(SOURCE, DESTINATION, seeding(1.5)),
                JobId.of(SOURCE, DESTINATION, seeding(2.0))))
        .doesNotHaveDuplicates()
        .allMatch(id -> id.matches("[a-z2-7]{26}"));
  }

  @Test
  void doesNotDependOnHowTheWorkIsDone() {
    JobOptions options =
        new JobOptions(
            9,
            Optional.empty(),
            Optional.empty(),
            List.of("h:1"),
            Optional.of(3),
            1,
            2,
            Optional.of(OnExisting.FAIL),
            Map.of("a", "b"));

    assertThat(JobId.of(SOURCE, DESTINATION, options))
        .isEqualTo(JobId.of(SOURCE, DESTINATION, JobOptions.none()));
  }

  @Test
  void aTorrentIsNamedByItsInfoHashWhateverItsTrackers() {
    String info =
        "4:infod6:lengthi1e4:name1:a12:piece lengthi16384e6:pieces20:" + "x".repeat(20) + "e";
    JobSource bare = JobSource.Inline.of(ascii("d" + info + "e"));
    JobSource tracked = JobSource.Inline.of(ascii("d8:announce10:http://h/a" + info + "e"));

    assertThat(JobId.sourceIdentity(bare)).matches("btih:[0-9a-f]{40}");
    assertThat(JobId.sourceIdentity(tracked)).isEqualTo(JobId.sourceIdentity(bare));
  }

  @Test
  void aFileThatIsNoTorrentIsNamedByItsBytes() {
    assertThat(JobId.sourceIdentity(JobSource.Inline.of(ascii("no torrent"))))
        .matches("sha256:[0-9a-f]{64}");
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static JobOptions seeding(double ratio) {
    return new JobOptions(
        0,
        Optional.of(ratio),
        Optional.of(Duration.ofHours(1)),
        List.of(),
        Optional.empty(),
        0,
        0,
        Optional.empty(),
        Map.of());
  }
}
