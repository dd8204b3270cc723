package dev.piecework.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.testkit.Needs;
import dev.piecework.testkit.Processes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The completion script, sourced by a real shell and asked as the shell would. */
class CompletionTest {
  private static final Duration LIMIT = Duration.ofMinutes(1);

  @TempDir Path folder = Path.of("");

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        "sub|submit",
        "ev|events",
        "dlq _|list purge requeue show",
        "dlq req|requeue",
        "completion _|bash zsh",
        "submit --dow|--download-limit",
        "submit --dry|--dry-run",
        "submit --fi|--file",
        "events --type hand|handed-back",
        "events -t comp|completed",
        "submit -o _|json jsonl name table",
        "dlq list --output js|json jsonl",
        "dlq purge --y|--yes",
        "submit --bogus|-",
      })
  void bashCompletes(String line, String expected) throws IOException {
    // "_" is where the next word begins.
    assertThat(complete("./piecework " + line.replaceFirst("_$", "")))
        .containsExactlyInAnyOrder(expected == null ? new String[0] : expected.split(" "));
  }

  @Test
  void filesAreLeftToTheShell() throws IOException {
    String script = script("bash");
    String submit = script.substring(script.indexOf("function _picocli_piecework_submit()"));

    assertThat(submit.substring(0, submit.indexOf("\n}\n"))).doesNotContain("compopt +o default");
    assertThat(script).contains("-o default piecework");
  }

  @Test
  void zshCanReadIt() throws IOException {
    assertThat(script("zsh")).isEqualTo(script("bash"));
    Needs.program("zsh", "zsh");
    Files.writeString(folder.resolve("completion"), script("zsh"));
    Processes.Outcome outcome =
        Processes.command(
                List.of("zsh", "-fc", "source ./completion && whence -w _complete_piecework"))
            .directory(folder)
            .run(LIMIT);
    assertThat(outcome.stdout()).as(outcome.stderr()).contains("function");
  }

  @Test
  void aShellThatIsNotThereIsNamed() {
    assertThat(CliRun.of(Map.of(), "completion", "fish").err()).contains("'fish'");
    assertThat(CliRun.of(Map.of(), "completion").exitCode()).isEqualTo(2);
  }

  private static String script(String shell) {
    CliRun run = CliRun.of(Map.of(), "completion", shell);
    assertThat(run.exitCode()).as(run.err()).isZero();
    return run.out();
  }

  /**
   * Sets what bash sets when Tab is pressed at the end of a line, and returns what it would offer.
   */
  private List<String> complete(String line) throws IOException {
    Needs.program("bash", "bash");
    Path completion = Files.writeString(folder.resolve("completion"), script("bash"));
    String shell =
        """
        set -e
        source '%s'
        complete -p piecework >/dev/null
        compopt() { :; }
        COMP_LINE='%s'
        COMP_POINT=${#COMP_LINE}
        COMP_WORDS=($COMP_LINE)
        case $COMP_LINE in *' ') COMP_WORDS+=('');; esac
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        COMPREPLY=()
        set +e
        _complete_piecework
        printf '%%s\\n' "${COMPREPLY[@]}"
        """
            .formatted(completion, line);
    Processes.Outcome outcome = Processes.command(List.of("bash", "-c", shell)).run(LIMIT);
    assertThat(outcome.exitCode()).as(outcome.stderr()).isZero();
    assertThat(outcome.stderr()).isEmpty();
    return outcome.stdout().lines().map(String::strip).filter(word -> !word.isEmpty()).toList();
  }
}
