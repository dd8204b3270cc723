package dev.piecework.cli;

import dev.piecework.cli.broker.DeadLetterQueue;
import dev.piecework.cli.broker.DeadLetterQueue.Verdict;
import dev.piecework.cli.progress.DeadLetterPrinter;
import dev.piecework.cli.progress.OutputFormat;
import dev.piecework.exit.ExitCode;
import dev.piecework.message.JobMessageCodec;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Lists the dead letters. */
@Command(
    name = "list",
    sortOptions = false,
    description = "List the dead letters, oldest first. They stay where they are.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  piecework dlq list",
      "  piecework dlq list -o jsonl | jq -r .code | sort | uniq -c"
    })
final class DlqListCommand implements Callable<Integer> {
  private static final int MAX_INDICES = 10;

  private final CliContext context;

  @Option(
      names = "--limit",
      paramLabel = "COUNT",
      description = "At most this many, of the oldest. Default: 1000")
  int limit = 1000;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      description = "table (default), json, jsonl or name (the jobs' ids).")
  OutputFormat format = OutputFormat.TABLE;

  @Mixin BrokerOptions broker = new BrokerOptions();

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  boolean help;

  DlqListCommand(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    List<Integer> notRead = new ArrayList<>();
    DeadLetterPrinter printer = new DeadLetterPrinter(context.out(), format);
    try (DeadLetterQueue queue =
        new DeadLetterQueue(broker.settings(context.environment()), context.clock())) {
      int count = queue.count();
      queue.visit(
          Math.min(limit, count),
          (letter, _) -> {
            printer.add(letter);
            if (letter.bytesNotRead().isPresent()) {
              notRead.add(letter.index());
            }
            return Verdict.KEEP;
          },
          _ -> {});
      printer.print();
      if (count > limit) {
        context.err().println("piecework: %d more; see --limit".formatted(count - limit));
      }
      if (!notRead.isEmpty()) {
        context.complain(
            "%d dead letters were not read, so no job is shown: longer than %d bytes, at index %s%s. They are no jobs; delete one by \"dlq purge --index N\""
                .formatted(
                    notRead.size(),
                    JobMessageCodec.MAX_BYTES,
                    notRead.stream()
                        .limit(MAX_INDICES)
                        .map(String::valueOf)
                        .collect(Collectors.joining(", ")),
                    notRead.size() > MAX_INDICES ? ", ..." : ""));
      }
    }
    return ExitCode.OK.code();
  }
}
