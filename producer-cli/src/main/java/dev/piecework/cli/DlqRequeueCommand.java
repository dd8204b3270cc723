package dev.piecework.cli;

import dev.piecework.cli.broker.DeadLetter;
import dev.piecework.cli.broker.DeadLetterQueue;
import dev.piecework.cli.broker.DeadLetterQueue.Verdict;
import dev.piecework.cli.progress.DeadLetterPrinter;
import dev.piecework.cli.progress.OutputFormat;
import dev.piecework.exit.ExitCode;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Submits dead letters again. */
@Command(
    name = "requeue",
    sortOptions = false,
    abbreviateSynopsis = true,
    description = {
      "Submit dead letters again: a failed job starts again from its checkpoint.",
      "Each is taken away only when the broker has confirmed the new submission."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  piecework dlq requeue era5-2026",
      "  piecework dlq requeue --code DESTINATION_REFUSED -o name",
      "  piecework dlq requeue --all"
    })
final class DlqRequeueCommand implements Callable<Integer> {
  static final String NONE = "no such dead letter; \"piecework dlq list\" shows those there are";

  private final CliContext context;

  @Spec CommandSpec spec = CommandSpec.create();

  @Mixin DeadLetterSelection selection = new DeadLetterSelection();

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

  DlqRequeueCommand(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    selection.check(spec.commandLine());
    DeadLetterPrinter printer = new DeadLetterPrinter(context.out(), format);
    List<DeadLetter> broken = new ArrayList<>();
    AtomicInteger requeued = new AtomicInteger();
    try (DeadLetterQueue queue =
        new DeadLetterQueue(broker.settings(context.environment()), context.clock())) {
      queue.visit(
          queue.count(),
          (letter, _) -> verdict(letter, broken),
          letter -> {
            requeued.incrementAndGet();
            printer.add(letter);
          });
    } finally {
      // Also when it breaks off: what is named has been done.
      printer.print();
    }
    for (DeadLetter letter : broken) {
      context
          .err()
          .println(
              "piecework: the dead letter at index %d is no job, so it stays; see it by \"dlq show --index %d\", submit a corrected one, purge this one"
                  .formatted(letter.index(), letter.index()));
    }
    if (!broken.isEmpty()) {
      return ExitCode.BAD_SOURCE.code();
    }
    if (requeued.get() == 0 && !selection.all) {
      throw new CliException(ExitCode.NOT_FOUND, NONE);
    }
    return ExitCode.OK.code();
  }

  private Verdict verdict(DeadLetter letter, List<DeadLetter> broken) {
    if (!selection.matches(letter)) {
      return Verdict.KEEP;
    }
    if (letter.jobId().isEmpty()) {
      broken.add(letter);
      return Verdict.KEEP;
    }
    return Verdict.REQUEUE;
  }
}
