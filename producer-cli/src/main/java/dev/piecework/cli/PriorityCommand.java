package dev.piecework.cli;

import dev.piecework.message.ControlRequest;
import dev.piecework.message.JobRules;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParameterException;

/** Has jobs come earlier or later. */
@Command(
    name = "priority",
    sortOptions = false,
    abbreviateSynopsis = true,
    customSynopsis = "piecework priority [OPTIONS] JOB... N",
    description = {
      "Have jobs come earlier or later than others: N is 0 to 9, the highest first.",
      "Jobs that are queued, running, paused, or waiting for their next attempt; one that runs",
      "goes on, and has the priority when it is queued again.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  piecework priority era5-2026 9",
      "  piecework list --state queued --label team=climate -o name | xargs -I{} piecework priority {} 0"
    })
final class PriorityCommand extends OrderCommand {
  PriorityCommand(CliContext context) {
    super(context);
  }

  @Override
  List<String> jobs() {
    if (jobs.size() < 2) {
      throw new ParameterException(
          spec.commandLine(), "a job or its priority is missing: expected JOB... N");
    }
    return jobs.subList(0, jobs.size() - 1);
  }

  @Override
  ControlRequest request(String job) {
    return new ControlRequest.Prioritize(job, priority());
  }

  private int priority() {
    String last = jobs.getLast();
    if (!last.matches("[0-" + JobRules.MAX_PRIORITY + "]")) {
      throw new ParameterException(
          spec.commandLine(),
          "the priority, which comes last, is \"%s\": expected 0 to %d"
              .formatted(last, JobRules.MAX_PRIORITY));
    }
    return Integer.parseInt(last);
  }
}
