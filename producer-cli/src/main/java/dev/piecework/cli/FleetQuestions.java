package dev.piecework.cli;

import dev.piecework.cli.broker.ControlClient;
import dev.piecework.cli.progress.WatchedJobs;
import dev.piecework.exit.ExitCode;
import dev.piecework.message.ControlReply;
import dev.piecework.message.ControlRequest.GetJob;
import dev.piecework.message.ControlRequest.ListJobs;
import dev.piecework.message.JobStatus;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What {@code watch} asks the fleet. */
final class FleetQuestions {
  /** More than a screen shows; the rest is in {@code list}. */
  private static final int MOST = WatchedJobs.MOST_ASKED;

  private static final List<String> MOVING =
      List.of("running", "seeding", "retrying", "paused", "cancelling");
  private static final List<String> WAITING = List.of("queued");

  private FleetQuestions() {}

  /** One job. */
  static FleetPoll.Question ofJob(String id) {
    return client ->
        switch (client.ask(new GetJob(id))) {
          case ControlReply.Details details -> List.of(details.job());
          case ControlReply.Refused refused -> throw Refusals.exception(refused);
          case ControlReply.Page _, ControlReply.Ordered _, ControlReply.Limits _ ->
              throw otherQuestion();
        };
  }

  /**
   * All jobs that have not ended, those that move first; and those that were among them before and
   * have ended since.
   *
   * @param states only these; empty for all that have not ended
   */
  static FleetPoll.Question ofFleet(List<String> states, Map<String, String> labels) {
    Set<String> before = new LinkedHashSet<>();
    return client -> {
      List<JobStatus> jobs = new ArrayList<>();
      if (states.isEmpty()) {
        jobs.addAll(page(client, MOVING, labels));
        jobs.addAll(page(client, WAITING, labels));
      } else {
        jobs.addAll(page(client, states, labels));
      }
      jobs.forEach(job -> before.remove(job.id()));
      if (states.isEmpty() && !before.isEmpty()) {
        List<GetJob> gone = before.stream().limit(MOST).map(GetJob::new).toList();
        for (Optional<ControlReply> reply : client.ask(gone)) {
          if (reply.orElse(null) instanceof ControlReply.Details details) {
            jobs.add(details.job());
          }
        }
      }
      before.clear();
      jobs.stream().filter(job -> !ended(job)).forEach(job -> before.add(job.id()));
      return jobs;
    };
  }

  /** Whether nothing will happen to a job by itself any more. */
  static boolean ended(JobStatus job) {
    return List.of("completed", "failed", "cancelled").contains(job.state());
  }

  private static List<JobStatus> page(
      ControlClient client, List<String> states, Map<String, String> labels)
      throws InterruptedException {
    return switch (client.ask(new ListJobs(states, labels, MOST, Optional.empty()))) {
      case ControlReply.Page page -> page.jobs();
      case ControlReply.Refused refused -> throw Refusals.exception(refused);
      case ControlReply.Details _, ControlReply.Ordered _, ControlReply.Limits _ ->
          throw otherQuestion();
    };
  }

  private static CliException otherQuestion() {
    return new CliException(ExitCode.INTERNAL, "a worker answered another question");
  }
}
