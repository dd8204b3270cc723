package dev.piecework.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.message.JobId;
import dev.piecework.message.JobMessage;
import dev.piecework.message.JobMessageCodec;
import dev.piecework.message.MessageException;
import dev.piecework.testkit.TorrentMaker;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SubmissionInputTest {
  @TempDir Path folder = Path.of("");

  @BeforeEach
  void makeTorrents() throws IOException {
    torrent("sets/a.torrent");
    torrent("sets/b.torrent");
    torrent("sets/.hidden.torrent");
    torrent("sets/deep/er/c.torrent");
    torrent("sets/[odd].torrent");
    Files.writeString(folder.resolve("sets/readme.txt"), "no torrent");
  }

  private void torrent(String name) throws IOException {
    Path path = folder.resolve(name);
    Files.createDirectories(path.getParent());
    Path content = Files.writeString(folder.resolve("content"), name);
    Files.write(path, TorrentMaker.of(content).pieceBytes(16384).make().metainfo());
  }

  @Test
  void aQuotedPatternIsExpandedAsAShellWould() {
    assertThat(ids("sets/[ab].torrent")).hasSize(2);
    assertThat(ids("sets/{a,b}.torrent")).hasSize(2);
    assertThat(ids("sets/?.torrent")).hasSize(2);
    assertThat(ids("sets/*.torrent")).hasSize(3);
    assertThat(ids("*/.*.torrent")).hasSize(1);
    assertThat(ids("sets/**/*.torrent")).hasSize(4);
    assertThat(ids("**/c.torrent")).hasSize(1);
    assertThat(ids("sets/[odd].torrent")).as("a file's own name").hasSize(1);
  }

  private List<String> ids(String pattern) {
    CliRun run = submit("", folder + "/" + pattern, "-b", "data", "-o", "name");
    assertThat(run.exitCode()).as(run.err()).isZero();
    return run.out().lines().toList();
  }

  @Test
  void aPatternThatMatchesNothingIsAnError() {
    CliRun run = submit("", folder + "/sets/*.iso", "-b", "data");

    assertThat(run.exitCode()).isEqualTo(3);
    assertThat(run.err()).contains("/sets/*.iso matches no file");
    assertThat(submit("", folder + "/sets/[", "-b", "data").err()).contains("is no pattern");
  }

  @Test
  void sourcesComeOnStandardInput() {
    String lines = "https://h/1\n\n  magnet:?xt=urn:btih:" + "a".repeat(40) + "\r\n";
    CliRun run = submit(lines, "https://h/0", "-", "-b", "data");

    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(jobs(run))
        .extracting(job -> job.source().getClass().getSimpleName())
        .containsExactly("Url", "Url", "Magnet");
  }

  @Test
  void whatALineLeavesOutComesFromTheOptions() throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("jobs.jsonl"),
            """
            {"source":{"url":"https://h/1"}}
            {"source":{"url":"https://h/2"},"destination":{"bucket":"other"},"options":{"priority":7}}
            {"id":"x","source":{"url":"https://h/3"},"destination":{"prefix":"p/"},"options":{"labels":{"a":"2","c":"3"},"peers":["h:2"]}}
            """);
    CliRun run =
        submit(
            "",
            "-f",
            file.toString(),
            "-b",
            "data",
            "-p",
            "sets/",
            "--priority",
            "5",
            "-l",
            "a=1",
            "-l",
            "b=1",
            "--peer",
            "h:1");

    assertThat(run.exitCode()).as(run.err()).isZero();
    List<JobMessage> jobs = jobs(run);
    assertThat(jobs)
        .extracting(job -> job.destination().bucket() + "/" + job.destination().prefix())
        .containsExactly("data/sets/", "other/sets/", "data/p/");
    assertThat(jobs).extracting(job -> job.options().priority()).containsExactly(5, 7, 5);
    assertThat(jobs.get(2).options().labels()).isEqualTo(Map.of("a", "2", "b", "1", "c", "3"));
    assertThat(jobs.get(2).options().peers()).containsExactly("h:2");
    assertThat(jobs.get(2).id()).isEqualTo("x");
    // What a dry run prints is what --file reads.
    CliRun again = submit(run.out(), "--file", "-");
    assertThat(again.out()).isEqualTo(run.out());
  }

  @Test
  void everyBadLineIsNamed() {
    String lines =
        """
        {"source":{"url":"https://h/1"},"destination":{"bucket":"data"}}
        {"source":{"url":"https://h/1"}}
        {"source":{"url":"https://h/1"}
        [1]
        {"id":"x","source":{"url":"https://h/1"},"destination":{"bucket":"data"}}
        {"id":"x","source":{"url":"https://h/2"},"destination":{"bucket":"data"}}
        {"source":{"inline":"aGVsbG8="},"destination":{"bucket":"data"}}
        {"source":{"url":"https://h/1"},"destination":{"bucket":"data"},"options":{"priority":12}}
        """;
    CliRun run = submit(lines, "--file", "-");

    assertThat(run.exitCode()).isEqualTo(3);
    assertThat(run.out()).isEmpty();
    assertThat(run.err().lines().map(line -> line.replace("piecework: standard input", "")))
        .satisfiesExactly(
            line ->
                assertThat(line)
                    .startsWith(":2: $.destination: missing;")
                    .endsWith(", or --bucket"),
            line -> assertThat(line).startsWith(":3: $: is not JSON").contains("(column "),
            line -> assertThat(line).startsWith(":4: $: is not a JSON object"),
            line ->
                assertThat(line)
                    .isEqualTo(":6: has the id \"x\" of standard input:5, but is another job"),
            line -> assertThat(line).startsWith(":7: $.source.inline: is no torrent"),
            line -> assertThat(line).startsWith(":8: $.options.priority: is 12; expected"),
            line -> assertThat(line).isEqualTo(" has 6 bad lines; nothing was sent"));
  }

  @Test
  void aFileOfNonsenseIsNotQuotedWhole() {
    CliRun run = submit("nonsense\n".repeat(5000), "--file", "-");

    assertThat(run.err().lines()).hasSize(11);
    assertThat(run.err()).contains("has 5000 bad lines, of which these are the first");
  }

  @Test
  void anOptionIsBlamedForWhatItSays() {
    CliRun run = submit("{\"source\":{\"url\":\"https://h/1\"}}", "-f", "-", "-b", "UPPER");

    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.err()).contains("--bucket is \"UPPER\"");
  }

  @Test
  void theSameTwiceIsOneJob() {
    CliRun run = submit("https://h/1\nhttps://h/1\n", "-", "-b", "data");

    assertThat(jobs(run)).hasSize(1);
  }

  @Test
  void standardInputIsReadOnce() {
    assertThat(submit("", "-", "-f", "-", "-b", "data").err()).contains("can be read only once");
    assertThat(submit("", "-f", "-", "--id", "x").err()).contains("--id names one job");
    assertThat(submit("", "-f", folder + "/none").err()).contains("none cannot be read (NoSuch");
  }

  @Test
  void moreThanMemoryHoldsIsSpooled() throws Exception {
    try (JobSpool spool = new JobSpool(200)) {
      for (int i = 0; i < 10; i++) {
        String line =
            "{\"id\":\"j%d\",\"source\":{\"url\":\"https://h/%d\"},\"destination\":{\"bucket\":\"data\"}}"
                .formatted(i, i * i * i);
        spool.add("s", JobMessageCodec.decode(line.getBytes(StandardCharsets.UTF_8)));
      }
      List<String> sources = new ArrayList<>();
      spool
          .jobs(List.of("j9", "j0", "j5"))
          .forEach(job -> sources.add(JobId.sourceIdentity(job.source())));
      assertThat(sources).containsExactly("https://h/729", "https://h/0", "https://h/125");
    }
  }

  private static CliRun submit(String in, String... arguments) {
    List<String> command = new ArrayList<>(List.of("submit", "--dry-run"));
    command.addAll(List.of(arguments));
    return CliRun.fed(in, Map.of(), command.toArray(String[]::new));
  }

  private static List<JobMessage> jobs(CliRun run) {
    return run.out()
        .lines()
        .map(line -> {
          try {
            return JobMessageCodec.decode(line.getBytes(StandardCharsets.UTF_8));
          } catch (MessageException e) {
            throw new AssertionError(e);
          }
        })
        .toList();
  }
}
