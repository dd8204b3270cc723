package dev.piecework.cli;

import dev.piecework.cli.broker.BrokerSettings;
import dev.piecework.cli.broker.ControlClient;
import dev.piecework.message.ControlReply;
import dev.piecework.message.ControlRequest.GetJob;
import dev.piecework.message.JobStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Asks the fleet which jobs have ended, so that nobody waits for events that were sent long ago. In
 * a thread of its own: a fleet that does not answer holds up no event.
 */
final class EndedAlready implements AutoCloseable {
  /** Final, and what a job is after its completion. */
  private static final List<String> ENDED = List.of("completed", "seeding", "failed", "cancelled");

  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final BrokerSettings settings;
  private final ConcurrentLinkedQueue<JobStatus> ended = new ConcurrentLinkedQueue<>();
  private final AtomicReference<@Nullable String> problem = new AtomicReference<>();
  private Thread asking = Thread.ofVirtual().unstarted(() -> {});

  EndedAlready(BrokerSettings settings) {
    this.settings = settings;
  }

  /** Asks about these jobs; an earlier question is given up. Those not known yet have not ended. */
  void ask(Collection<String> jobIds) {
    List<GetJob> questions = jobIds.stream().map(GetJob::new).toList();
    asking.interrupt();
    asking = Thread.ofVirtual().start(() -> put(questions));
  }

  /** Jobs that have turned out to have ended since this was called last. */
  List<JobStatus> take() {
    List<JobStatus> taken = new ArrayList<>();
    for (JobStatus job = ended.poll(); job != null; job = ended.poll()) {
      taken.add(job);
    }
    return taken;
  }

  /** Why the last question was not answered, once. */
  Optional<String> takeProblem() {
    return Optional.ofNullable(problem.getAndSet(null));
  }

  /** Whether a job that has ended has done what it was to do. */
  static boolean well(JobStatus job) {
    return job.state().equals("completed") || job.state().equals("seeding");
  }

  private void put(List<GetJob> questions) {
    try (ControlClient client = ControlClient.connect(settings, PATIENCE)) {
      for (Optional<ControlReply> reply : client.ask(questions)) {
        ControlReply answer = reply.orElseThrow(client::noAnswer);
        if (answer instanceof ControlReply.Details(JobStatus job, var _)
            && ENDED.contains(job.state())) {
          ended.add(job);
        }
      }
    } catch (CliException e) {
      problem.set(e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // Closed, or asked anew.
    }
  }

  @Override
  public void close() {
    asking.interrupt();
  }
}
