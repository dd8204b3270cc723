package dev.piecework.cli;

import dev.piecework.cli.progress.OutputFormat;
import dev.piecework.exit.ExitCode;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Writes the script by which a shell completes our command lines. */
@Command(
    name = "completion",
    sortOptions = false,
    description = {
      "Print a script by which your shell completes commands, options and their values.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  source <(./piecework completion bash)      # this shell; in ~/.bashrc: every shell",
      "  source <(./piecework completion zsh)       # in ~/.zshrc"
    })
final class CompletionCommand implements Callable<Integer> {
  /** Shells that there is a script for. */
  enum Shell {
    /** GNU Bash, 3.2 or later. */
    BASH,
    /** Z shell, through its bashcompinit. */
    ZSH
  }

  /** Commands whose arguments are files. */
  private static final List<String> FILES = List.of("submit", "inspect", "run");

  private static final String NO_FILES = "  type compopt &>/dev/null && compopt +o default\n";

  private final CliContext context;

  @Spec CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "SHELL", description = "bash or zsh.")
  Shell shell = Shell.BASH;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  boolean help;

  CompletionCommand(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    // One script for both: in zsh it loads bashcompinit first.
    String script = AutoComplete.bash("piecework", spec.root().commandLine());
    script = smallEnums(script, OutputFormat.values());
    script = smallEnums(script, Shell.values());
    for (String command : FILES) {
      script = withFiles(script, command);
    }
    context.out().print(script);
    context.out().flush();
    return ExitCode.OK.code();
  }

  /** Enums are accepted in any case; people write them small. */
  private static String smallEnums(String script, Enum<?>[] values) {
    String small = script;
    for (Enum<?> value : values) {
      small =
          small.replace(
              "\"" + value.name() + "\"", "\"" + value.name().toLowerCase(Locale.ROOT) + "\"");
    }
    return small;
  }

  /** Has the shell offer files where we have nothing to offer, which the script switches off. */
  private static String withFiles(String script, String command) {
    int begin = script.indexOf("function _picocli_piecework_" + command + "()");
    int off = script.indexOf(NO_FILES, begin);
    return begin < 0 || off < 0
        ? script
        : script.substring(0, off) + script.substring(off + NO_FILES.length());
  }
}
