package dev.piecework.acceptance.supply;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What is shipped is in the bill of materials of its module and in docs/third-party.md. */
class SupplyChainIT {
  private static final String WRITE =
      "./mvnw -pl acceptance -am verify -Dtest=NONE -Dit.test=SupplyChainIT"
          + " -Dsurefire.failIfNoSpecifiedTests=false -Dfailsafe.failIfNoSpecifiedTests=false"
          + " -Dpiecework.test.write=true";
  private static final Path PAGE = Path.of("..", "docs", "third-party.md");
  private static final List<String> SHIPPED = List.of("producer-cli", "worker", "standalone");

  /**
   * Licences under which a library may be shipped; where a library offers several, one is enough.
   */
  private static final Set<String> ACCEPTED =
      Set.of(
          "Apache-2.0",
          "AL 2.0",
          "MIT",
          "MIT-0",
          "BSD-2-Clause",
          "BSD-3-Clause",
          "CC0-1.0",
          "MPL-2.0",
          "EPL-2.0",
          "Bouncy Castle Licence");

  private record Library(String name, String version, List<String> licences) {
    String jar() {
      return name.substring(name.indexOf(':') + 1) + "-" + version;
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"producer-cli", "worker", "standalone"})
  void theBillOfMaterialsListsEachShippedJar(String module) throws Exception {
    Set<String> listed = new TreeSet<>();
    for (Library library : libraries(module)) {
      listed.add(library.jar());
    }

    try (Stream<Path> jars = Files.list(Path.of("..", module, "target", "lib"))) {
      List<String> unlisted =
          jars.map(jar -> jar.getFileName().toString().replaceFirst("\\.jar$", ""))
              .filter(jar ->
                  listed.stream().noneMatch(jar::startsWith)
                      && !jar.matches("(shared-model|bittorrent|worker|producer-cli)-[0-9.]+"))
              .toList();
      assertThat(unlisted).as("jars that %s/target/bom.json does not list", module).isEmpty();
    }
  }

  @Test
  void eachLibraryHasAnAcceptedLicence() throws Exception {
    for (String module : SHIPPED) {
      for (Library library : libraries(module)) {
        assertThat(library.licences()).as("licences of %s", library).anyMatch(ACCEPTED::contains);
      }
    }
  }

  @Test
  void thePageOfLicencesIsWhatTheBuildShips() throws Exception {
    String page = page();
    if (Boolean.getBoolean("piecework.test.write")) {
      Files.writeString(PAGE, page);
    }

    assertThat(PAGE)
        .as("docs/third-party.md is out of date; generate it with: %s", WRITE)
        .hasContent(page);
  }

  private static String page() throws Exception {
    Map<String, Library> libraries = new TreeMap<>();
    Map<String, Set<String>> shippedIn = new TreeMap<>();
    for (String module : SHIPPED) {
      for (Library library : libraries(module)) {
        String key = library.name() + ":" + library.version();
        libraries.put(key, library);
        shippedIn.computeIfAbsent(key, ignored -> new TreeSet<>()).add(module);
      }
    }
    StringBuilder page =
        new StringBuilder(
            """
            # Third-party libraries

            Every library that is shipped, with its version and licence, and the modules whose `lib` folder
            and image hold it. Generated from the CycloneDX bills of materials that the build writes to
            `target/bom.json` of each module. To generate it again:

                %s

            | library | version | licence | shipped in |
            | --- | --- | --- | --- |
            """
                .formatted(WRITE));
    libraries.forEach((key, library) ->
        page.append(
            "| `%s` | %s | %s | %s |%n"
                .formatted(
                    library.name(),
                    library.version(),
                    String.join(", ", library.licences()),
                    String.join(", ", shippedIn.getOrDefault(key, Set.of())))));
    return page.toString();
  }

  private static List<Library> libraries(String module) throws Exception {
    JsonNode bom =
        JsonMapper.shared().readTree(Path.of("..", module, "target", "bom.json").toFile());
    List<Library> libraries = new ArrayList<>();
    for (JsonNode component : bom.path("components")) {
      if (component.path("group").asString("").equals("dev.piecework")) {
        continue;
      }
      libraries.add(
          new Library(
              component.path("group").asString("") + ":" + component.path("name").asString(""),
              component.path("version").asString(""),
              licences(component)));
    }
    assertThat(libraries).as("libraries of %s", module).isNotEmpty();
    return libraries;
  }

  private static List<String> licences(JsonNode component) {
    return component
        .path("licenses")
        .valueStream()
        .map(entry -> {
          JsonNode licence = entry.path("license");
          String id = licence.path("id").asString("");
          String name = licence.path("name").asString("");
          return !id.isEmpty()
              ? id
              : !name.isEmpty() ? name : entry.path("expression").asString("");
        })
        .distinct()
        .collect(Collectors.toList());
  }
}
