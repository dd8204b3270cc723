package dev.piecework.worker.fault;

import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.exit.ExitCode;
import dev.piecework.message.MessageError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What docs/troubleshooting.md quotes is what the code says. */
class TroubleshootingTest {
  /** What differs from case to case, and where one message is put behind another. */
  private static final Pattern BETWEEN_FIXED_WORDS = Pattern.compile("<[^>]*>|: ");

  private static final int SHORTEST = 8;

  private static String page = "";
  private static String literals = "";

  @BeforeAll
  static void read() throws IOException {
    page = Files.readString(Path.of("..", "docs", "troubleshooting.md"));
    StringBuilder code = new StringBuilder(Files.readString(Path.of("..", "piecework")));
    for (String module :
        List.of("shared-model", "bittorrent", "worker", "producer-cli", "standalone")) {
      try (Stream<Path> files = Files.walk(Path.of("..", module, "src", "main", "java"))) {
        for (Path file : files.filter(each -> each.toString().endsWith(".java")).toList()) {
          code.append(Files.readString(file));
        }
      }
    }
    literals = code.toString().replaceAll("\"\\s*\\+\\s*\"", "").replace("\\\"", "\"");
  }

  @Test
  void everyMessageIsOneOfTheCode() {
    List<String> quoted = page.lines().filter(line -> line.startsWith("    ")).toList();

    assertThat(quoted).hasSizeGreaterThan(20);
    assertThat(quoted.stream().flatMap(BETWEEN_FIXED_WORDS::splitAsStream).map(String::strip))
        .filteredOn(words -> words.length() >= SHORTEST)
        .allSatisfy(words -> assertThat(literals.contains(words)).as(words).isTrue());
  }

  @Test
  void everyKindOfFaultIsExplained() {
    assertThat(names(Fault.Kind.values()))
        .allSatisfy(kind -> assertThat(page).contains("`" + kind + "`"));
  }

  @Test
  void everyCodeIsOneOfTheCode() {
    Set<String> known = names(Fault.Kind.values());
    known.addAll(names(MessageError.values()));

    assertThat(Pattern.compile("`([A-Z]+(?:_[A-Z]+)*)`").matcher(page).results())
        .extracting(result -> result.group(1))
        .filteredOn(name -> !name.matches("(JDK|PIECEWORK)_.*") && name.length() >= SHORTEST - 1)
        .isSubsetOf(known);
  }

  @Test
  void everyExitCodeIsOneOfTheCode() {
    Set<String> known =
        Arrays.stream(ExitCode.values())
            .map(code -> Integer.toString(code.code()))
            .collect(Collectors.toSet());

    assertThat(Pattern.compile("exit code (\\d+)").matcher(page).results())
        .isNotEmpty()
        .extracting(result -> result.group(1))
        .isSubsetOf(known);
  }

  @Test
  void everyVariableIsOneOfTheReference() throws IOException {
    String reference = Files.readString(Path.of("..", "docs", "configuration.md"));

    assertThat(Pattern.compile("PIECEWORK_[A-Z_]+[A-Z]").matcher(page).results())
        .isNotEmpty()
        .allSatisfy(result -> assertThat(reference).contains(result.group()));
  }

  private static Set<String> names(Enum<?>[] values) {
    return Arrays.stream(values).map(Enum::name).collect(Collectors.toCollection(TreeSet::new));
  }
}
