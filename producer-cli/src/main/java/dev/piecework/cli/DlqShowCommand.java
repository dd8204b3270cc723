package dev.piecework.cli;

import dev.piecework.cli.broker.DeadLetterQueue;
import dev.piecework.cli.broker.DeadLetterQueue.Verdict;
import dev.piecework.cli.progress.DeadLetterPrinter;
import dev.piecework.cli.progress.OutputFormat;
import dev.piecework.exit.ExitCode;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Shows dead letters in full. */
@Command(
    name = "show",
    sortOptions = false,
    abbreviateSynopsis = true,
    description =
        "Show dead letters in full: headers, reason and message. They stay where they are.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  piecework dlq show era5-2026",
      "  piecework dlq show --index 3 -o json | jq .message"
    })
final class DlqShowCommand implements Callable<Integer> {
  private final CliContext context;

  @Spec CommandSpec spec = CommandSpec.create();

  @Mixin DeadLetterSelection selection = new DeadLetterSelection();

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      description = "table (default), json or jsonl (one letter on each line), name (ids only).")
  OutputFormat format = OutputFormat.TABLE;

  @Mixin BrokerOptions broker = new BrokerOptions();

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  boolean help;

  DlqShowCommand(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    selection.check(spec.commandLine());
    AtomicInteger shown = new AtomicInteger();
    try (DeadLetterQueue queue =
        new DeadLetterQueue(broker.settings(context.environment()), context.clock())) {
      queue.visit(
          queue.count(),
          (letter, body) -> {
            if (selection.matches(letter)) {
              DeadLetterPrinter.whole(context.out(), format, letter, body, shown.get() == 0);
              shown.incrementAndGet();
            }
            return Verdict.KEEP;
          },
          _ -> {});
    }
    if (shown.get() == 0 && !selection.all) {
      throw new CliException(ExitCode.NOT_FOUND, DlqRequeueCommand.NONE);
    }
    return ExitCode.OK.code();
  }
}
