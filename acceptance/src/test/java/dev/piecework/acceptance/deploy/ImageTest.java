package dev.piecework.acceptance.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.worker.settings.HttpSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The Dockerfile and the compose file, as far as they can be read without a Docker engine. */
class ImageTest {
  private static final String DOCKERFILE = SourceTree.text("Dockerfile");
  private static final Map<String, Object> COMPOSE =
      SourceTree.yaml(SourceTree.text("docker-compose.yml")).getFirst();

  @Test
  void javaIsProcessOneInBothImages() {
    assertThat(DOCKERFILE.lines().filter(line -> line.startsWith("ENTRYPOINT")))
        .hasSize(2)
        .allSatisfy(line -> assertThat(line).startsWith("ENTRYPOINT [\"java\", "));
  }

  @ParameterizedTest
  @CsvSource({"worker, worker", "cli, *"})
  void javaIsToldWhatTheLauncherTellsIt(String image, String command) {
    String launcher = SourceTree.text("piecework");
    List<String> flags = new ArrayList<>(flags(launcher, "^flags=\\(([^)]*)\\)"));
    flags.addAll(
        flags(
            launcher,
            "^  " + Pattern.quote(command) + "\\)\\s+module=.*\\s+flags\\+=\\(([^)]*)\\)"));

    assertThat(flags).hasSizeGreaterThan(5);
    assertThat(stage(image)).contains(flags);
  }

  private static List<String> flags(String launcher, String where) {
    Matcher matcher = Pattern.compile(where, Pattern.MULTILINE).matcher(launcher);
    assertThat(matcher.find()).as(where).isTrue();
    return List.of(matcher.group(1).split("\\s+"));
  }

  /** The part of the Dockerfile that makes an image. */
  private static String stage(String image) {
    return DOCKERFILE.split("AS " + image + "\n", 2)[1].split("\nFROM ", 2)[0];
  }

  @Test
  void neitherImageRunsAsRoot() {
    for (String image : List.of("cli", "worker")) {
      assertThat(stage(image).lines().filter(line -> line.startsWith("USER ")))
          .as(image)
          .containsExactly("USER 10001:10001");
    }
  }

  @Test
  void everyBaseImageCanBeReplaced() {
    assertThat(DOCKERFILE.lines().filter(line -> line.startsWith("FROM ")))
        .isNotEmpty()
        .allSatisfy(line -> assertThat(line).matches("FROM \\$\\{(BUILD|RUNTIME)_IMAGE} AS \\w+"));
  }

  @Test
  void theBuildIsGivenEveryModuleThatItNeeds() throws IOException {
    List<String> given = SourceTree.text(".dockerignore").lines().toList();
    try (var folders = Files.list(SourceTree.file(""))) {
      for (Path module : folders.filter(f -> Files.exists(f.resolve("pom.xml"))).toList()) {
        assertThat(given).contains("!" + module.getFileName() + "/pom.xml");
      }
    }
    assertThat(given)
        .contains(
            "!shared-model/src/main",
            "!bittorrent/src/main",
            "!worker/src/main",
            "!producer-cli/src/main",
            "!standalone/src/main");
  }

  @Test
  void theJarsThatAreOursAreThoseOfTheModules() {
    // These names are moved out of the layer of other people's jars.
    assertThat(DOCKERFILE).contains("for own in shared-model bittorrent; do");
    assertThat(SourceTree.text("worker/pom.xml"))
        .contains("<artifactId>shared-model</artifactId>", "<artifactId>bittorrent</artifactId>");
  }

  @Test
  void theWorkerKnowsEveryVariableThatTheFilesName() {
    String text = DOCKERFILE + SourceTree.text("docker-compose.yml");
    List<String> named =
        Pattern.compile("PIECEWORK_[A-Z_]+")
            .matcher(text)
            .results()
            .map(MatchResult::group)
            .toList();

    assertThat(named).isNotEmpty().isSubsetOf(WorkerVariables.names());
  }

  @Test
  void everyServiceOfOthersIsPinnedAndSaysWhenItIsReady() {
    for (String name : List.of("rabbitmq", "postgres", "s3", "prometheus", "grafana")) {
      Map<String, Object> service = service(name);
      assertThat(service).as(name).containsKey("healthcheck");
      assertThat((String) service.get("image")).as(name).matches(".*:[\\w.-]*[0-9][\\w.-]*}");
    }
  }

  @Test
  void workersCanBeManyAndHaveTimeToStop() {
    Map<String, Object> worker = service("worker");

    assertThat(worker).doesNotContainKeys("container_name", "ports", "hostname");
    assertThat(worker).containsEntry("stop_grace_period", "35s").containsEntry("read_only", true);
    assertThat(SourceTree.map(worker, "depends_on"))
        .containsOnlyKeys("rabbitmq", "postgres", "bucket");
  }

  @Test
  void theBrokerLetsAJobTakeLongerThanHalfAnHour() {
    assertThat(SourceTree.map(service("rabbitmq"), "environment"))
        .containsEntry("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "-rabbit consumer_timeout 86400000");
  }

  @Test
  void everySecretSaysThatItIsForDevelopment() {
    String text = SourceTree.text("docker-compose.yml");
    List<MatchResult> secrets =
        Pattern.compile("(?:PASSWORD|PASS|SECRET_KEY|ACCESS_KEY|ROOT_USER): (.*)")
            .matcher(text)
            .results()
            .toList();

    assertThat(secrets)
        .hasSizeGreaterThan(5)
        .allSatisfy(secret -> assertThat(secret.group(1)).contains(":-development-only"));
  }

  @Test
  void everyFileThatIsMountedIsThere() {
    for (Object service : SourceTree.map(COMPOSE, "services").values()) {
      Object volumes = SourceTree.map(service).getOrDefault("volumes", List.of());
      assertThat((List<?>) volumes)
          .extracting(String::valueOf)
          .filteredOn(volume -> volume.startsWith("./"))
          .allSatisfy(volume -> assertThat(SourceTree.file(volume.split(":", 2)[0])).exists());
    }
  }

  @Test
  void whoIsNotAskedForWatchingDoesNotGetIt() {
    for (String name : List.of("prometheus", "grafana")) {
      assertThat(service(name)).containsEntry("profiles", List.of("observability"));
    }
  }

  @Test
  void theHealthCheckAsksTheWorkersPort() {
    assertThat(DOCKERFILE)
        .contains("HEALTHCHECK", "/health/live", "PIECEWORK_HTTP_ADDRESS=0.0.0.0");
    assertThat(SourceTree.text("deploy/prometheus/prometheus.yml"))
        .contains("port: " + HttpSettings.DEFAULT_PORT);
  }

  @Test
  void noPortLeavesTheMachine() {
    for (Object service : SourceTree.map(COMPOSE, "services").values()) {
      Object ports = SourceTree.map(service).getOrDefault("ports", List.of());
      assertThat((List<?>) ports)
          .allSatisfy(port -> assertThat((String) port).startsWith("127.0.0.1:"));
    }
  }

  private static Map<String, Object> service(String name) {
    return SourceTree.map(SourceTree.map(COMPOSE, "services"), name);
  }
}
