package dev.piecework.cli;

import dev.piecework.cli.broker.DeadLetterQueue;
import dev.piecework.cli.broker.DeadLetterQueue.Verdict;
import dev.piecework.cli.progress.DeadLetterPrinter;
import dev.piecework.cli.progress.OutputFormat;
import dev.piecework.exit.ExitCode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Deletes dead letters. */
@Command(
    name = "purge",
    sortOptions = false,
    abbreviateSynopsis = true,
    description = {
      "Delete dead letters for good. The jobs themselves are not touched.",
      "Asks first, unless --yes is given."
    },
    footerHeading = "%nExamples:%n",
    footer = {"  piecework dlq purge era5-2026", "  piecework dlq purge --all --yes"})
final class DlqPurgeCommand implements Callable<Integer> {
  private static final int MAX_ANSWER = 100;

  private final CliContext context;

  @Spec CommandSpec spec = CommandSpec.create();

  @Mixin DeadLetterSelection selection = new DeadLetterSelection();

  @Option(
      names = {"-y", "--yes"},
      description = "Do not ask.")
  boolean yes;

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

  DlqPurgeCommand(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IOException {
    selection.check(spec.commandLine());
    boolean canAsk = context.progressStyle().get().live();
    if (!yes && !canAsk) {
      throw new ParameterException(
          spec.commandLine(), "purge deletes for good, and nobody is there to ask: give --yes");
    }
    try (DeadLetterQueue queue =
        new DeadLetterQueue(broker.settings(context.environment()), context.clock())) {
      // No more than were there when it was asked.
      int count = queue.count();
      int chosen = chosen(queue, count);
      if (chosen == 0) {
        if (selection.all) {
          return ExitCode.OK.code();
        }
        throw new CliException(ExitCode.NOT_FOUND, DlqRequeueCommand.NONE);
      }
      if (!yes && !confirmed(chosen)) {
        context.err().println("piecework: nothing was deleted");
        return ExitCode.OK.code();
      }
      delete(queue, count);
    }
    return ExitCode.OK.code();
  }

  private int chosen(DeadLetterQueue queue, int count) {
    AtomicInteger chosen = new AtomicInteger();
    queue.visit(
        count,
        (letter, _) -> {
          if (selection.matches(letter)) {
            chosen.incrementAndGet();
          }
          return Verdict.KEEP;
        },
        _ -> {});
    return chosen.get();
  }

  private void delete(DeadLetterQueue queue, int count) {
    DeadLetterPrinter printer = new DeadLetterPrinter(context.out(), format);
    try {
      queue.visit(
          count,
          (letter, _) -> selection.matches(letter) ? Verdict.DELETE : Verdict.KEEP,
          printer::add);
    } finally {
      printer.print();
    }
  }

  private boolean confirmed(int chosen) throws IOException {
    context
        .err()
        .printf("Delete %d dead letter%s for good? [y/N] ", chosen, chosen == 1 ? "" : "s");
    context.err().flush();
    Optional<byte[]> answer = Optional.ofNullable(new Lines(context.in(), MAX_ANSWER).next());
    return answer
        .map(line -> new String(line, StandardCharsets.UTF_8).strip().toLowerCase(Locale.ROOT))
        .filter(text -> text.equals("y") || text.equals("yes"))
        .isPresent();
  }
}
