package dev.piecework.cli.progress;

import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.message.EventData.Failed;
import dev.piecework.message.EventType;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ResultPrinterTest {
  private static final JobOutcome COMPLETED =
      new JobOutcome("j1", "set.torrent", Optional.of(Events.completed("j1", 2)));
  private static final JobOutcome FAILED =
      new JobOutcome(
          "j2",
          "b.torrent",
          Optional.of(Events.event("j2", EventType.FAILED, 9, new Failed("STALLED", "no\npeers"))));

  @Test
  void theTableListsEveryFile() {
    assertThat(print(OutputFormat.TABLE, Optional.empty(), COMPLETED, FAILED).lines())
        .containsExactly(
            "    SIZE  CRC32C    KEY",
            "1.00 MiB  yZRlqg==  sets/set/f0",
            "1.00 MiB  yZRlqg==  sets/set/f1",
            "set: 2 files, 2.00 MiB in 20s (99.9 KiB/s), 1.00 KiB fetched twice",
            "bucket data, manifest sets/set.manifest.json",
            "j2  failed  STALLED: no?peers");
  }

  @Test
  void aLongTableIsCut() {
    JobOutcome many = new JobOutcome("j", "s", Optional.of(Events.completed("j", 3000)));

    assertThat(print(OutputFormat.TABLE, Optional.empty(), many).lines())
        .hasSize(44)
        .contains("... and 2960 more: -o json lists all of them");
  }

  @Test
  void jsonIsOneObjectThatListsEverything() {
    JobOutcome many = new JobOutcome("j", "s", Optional.of(Events.completed("j", 3000)));
    String text = print(OutputFormat.JSON, Optional.empty(), many, FAILED);
    JsonNode json = JsonMapper.shared().readTree(text);

    assertThat(text.lines()).hasSize(1);
    assertThat(json.at("/jobs/0/state").asString()).isEqualTo("completed");
    assertThat(json.at("/jobs/0/files")).hasSize(3000);
    assertThat(json.at("/jobs/0/files/2999").toString())
        .isEqualTo(
            "{\"path\":\"set/f2999\",\"key\":\"sets/set/f2999\",\"size\":1048576,"
                + "\"crc32c\":\"yZRlqg==\",\"etag\":\"e2999\"}");
    assertThat(json.at("/jobs/1").toString())
        .isEqualTo(
            "{\"id\":\"j2\",\"state\":\"failed\",\"source\":\"b.torrent\","
                + "\"time\":\"2026-11-21T01:00:09Z\",\"attempts\":1,\"code\":\"STALLED\","
                + "\"reason\":\"no\\npeers\"}");
  }

  @Test
  void filesInAFolderAreNamedByTheirPaths() {
    Optional<Path> folder = Optional.of(Path.of("/tmp/out"));

    assertThat(print(OutputFormat.TABLE, folder, COMPLETED))
        .contains("FILE", "/tmp/out/set/f1", "folder /tmp/out")
        .doesNotContain("bucket");
    assertThat(print(OutputFormat.JSON, folder, COMPLETED))
        .contains("\"file\":\"/tmp/out/set/f0\"")
        .doesNotContain("sets/");
  }

  @Test
  void aJobWithoutAnEndSaysHowFarOneKnows() {
    assertThat(print(OutputFormat.TABLE, Optional.empty(), JobOutcome.submitted("j", "s")))
        .isEqualTo("j  submitted  s\n");
    assertThat(
            print(OutputFormat.TABLE, Optional.empty(), new JobOutcome("j", "s", Optional.empty())))
        .isEqualTo("j  unfinished  s\n");
  }

  private static String print(OutputFormat format, Optional<Path> folder, JobOutcome... outcomes) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    new ResultPrinter(new PrintStream(bytes, true, StandardCharsets.UTF_8), folder)
        .print(format, List.of(outcomes));
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
