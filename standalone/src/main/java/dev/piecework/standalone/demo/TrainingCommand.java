package dev.piecework.standalone.demo;

import dev.piecework.cli.CliContext;
import dev.piecework.cli.CliException;
import dev.piecework.cli.Quantities;
import dev.piecework.cli.broker.JobBroker;
import dev.piecework.cli.broker.JobEvents;
import dev.piecework.exit.ExitCode;
import dev.piecework.message.Destination;
import dev.piecework.message.EventData.Completed;
import dev.piecework.message.JobEvent;
import dev.piecework.message.JobMessage;
import dev.piecework.standalone.StandaloneLogging;
import dev.piecework.standalone.embedded.EmbeddedServiceException;
import dev.piecework.standalone.embedded.Loopback;
import dev.piecework.standalone.run.Interruption;
import dev.piecework.standalone.services.LocalServices;
import dev.piecework.standalone.services.ServicePorts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * Has a worker do whole jobs and stops it, so that the class cache which its JVM writes at its end
 * (JEP 483, 515) knows the way of a job, not only that of a start. For the launcher and the build
 * of the image; nobody types it.
 */
@Command(
    name = "train-worker",
    hidden = true,
    description = "Runs JAVA..., a worker, with services of its own, until it has done some jobs.")
public final class TrainingCommand implements Callable<Integer> {
  private static final String BUCKET = "training";
  private static final Duration TICK = Duration.ofMillis(100);
  private static final Duration STOP_PATIENCE = Duration.ofSeconds(40);

  /** From the worker's start to its last job; what it has not done by then is left out. */
  private static final Duration JOBS = Duration.ofMinutes(3);

  /** From SIGTERM to the end: the cache is made in between. */
  private static final Duration CACHE = Duration.ofMinutes(3);

  private static final int SMALL_FILES = 2;
  private static final long SMALL_BYTES = 256 << 10;
  private static final int SMALL_SIZES = 4;
  private static final int LARGE_FILES = 20;

  private final CliContext context;

  @Option(names = "--small-jobs", paramLabel = "N", description = "Of 256 KiB to 1 MiB")
  int smallJobs = 40;

  @Option(
      names = "--large-job",
      paramLabel = "SIZE",
      converter = Quantities.RateConverter.class,
      description = "Large enough for uploads in parts")
  long largeJob = 64L << 20;

  @Parameters(paramLabel = "JAVA", arity = "1..*", description = "The worker's command line")
  List<String> command = List.of();

  /** In this process. */
  public TrainingCommand(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() throws InterruptedException {
    try (Interruption interruption = Interruption.install(STOP_PATIENCE)) {
      Path folder = Files.createTempDirectory("piecework-training-");
      try {
        StandaloneLogging.toFile(folder.resolve("services.log"));
        train(folder, interruption);
      } finally {
        DemoCommand.delete(folder);
      }
      return ExitCode.OK.code();
    } catch (IOException | EmbeddedServiceException e) {
      throw failed(String.valueOf(e.getMessage()));
    }
  }

  private void train(Path folder, Interruption interruption)
      throws IOException, InterruptedException, EmbeddedServiceException {
    try (DemoTracker tracker = DemoTracker.start()) {
      List<DemoContent> contents = new ArrayList<>();
      contents.add(
          DemoContent.make(folder.resolve("large"), largeJob, LARGE_FILES, tracker.announceUrl()));
      for (int i = 0; i < smallJobs; i++) {
        long size = SMALL_BYTES * (1 + i % SMALL_SIZES);
        Path content = folder.resolve("small-" + i);
        contents.add(DemoContent.make(content, size, SMALL_FILES, tracker.announceUrl()));
      }
      try (DemoSeeder seeder = DemoSeeder.start(contents, 0);
          LocalServices services =
              LocalServices.start(folder.resolve("services"), ServicePorts.free(), BUCKET);
          DemoWorker worker =
              DemoWorker.start("worker", folder.resolve("worker"), command, environment(services));
          JobBroker broker = JobBroker.connect(services.brokerSettings(), context.clock())) {
        Watch watch = new Watch(worker, interruption, now().plus(JOBS));
        while (!worker.log().contains(" is up") || tracker.peers() < seeder.torrents()) {
          if (watch.timeIsUp()) {
            throw failed("the worker was not up within " + JOBS);
          }
          interruption.await(TICK);
        }
        run(contents, broker, watch);
        worker.terminate();
        Instant end = now().plus(CACHE);
        while (!worker.awaitEnd(TICK)) {
          if (interruption.requested() || now().isAfter(end)) {
            throw failed("the worker had not ended yet when it was killed");
          }
        }
      }
    }
  }

  private static Map<String, String> environment(LocalServices services) {
    Map<String, String> environment = new LinkedHashMap<>(services.environment());
    environment.put("PIECEWORK_HTTP_PORT", "0");
    environment.put("PIECEWORK_ENGINE_LISTEN_ADDRESS", Loopback.ADDRESS);
    return environment;
  }

  private static void run(List<DemoContent> contents, JobBroker broker, Watch watch)
      throws IOException, InterruptedException {
    List<JobMessage> jobs = new ArrayList<>();
    for (DemoContent content : contents) {
      jobs.add(content.job(new Destination(BUCKET, content.folder().getFileName() + "/")));
    }
    List<String> ids = jobs.stream().map(JobMessage::id).toList();
    broker.prepare();
    JobEvents events = broker.listen(ids);
    broker.publish(jobs);
    Set<String> open = new HashSet<>(ids);
    while (!open.isEmpty() && !watch.timeIsUp()) {
      Optional<JobEvent> last = events.await(TICK).filter(event -> event.type().isFinal());
      if (last.isPresent()) {
        if (!(last.get().data() instanceof Completed)) {
          throw failed("a job ended as " + last.get().type().wireName());
        }
        open.remove(last.get().jobId());
      }
    }
  }

  private Instant now() {
    return context.steadyClock().instant();
  }

  private static CliException failed(String why) {
    return new CliException(ExitCode.INTERNAL, "the worker's training failed: " + why);
  }

  /** Whether there is still somebody to wait for. */
  private final class Watch {
    private final DemoWorker worker;
    private final Interruption interruption;
    private final Instant deadline;

    Watch(DemoWorker worker, Interruption interruption, Instant deadline) {
      this.worker = worker;
      this.interruption = interruption;
      this.deadline = deadline;
    }

    boolean timeIsUp() throws IOException {
      if (interruption.requested()) {
        throw new CliException(ExitCode.INTERRUPTED, "the worker's training was stopped");
      }
      if (!worker.isAlive()) {
        throw failed(
            "the worker ended; it said: "
                + worker.log().lines().reduce((_, line) -> line).orElse("nothing"));
      }
      return now().isAfter(deadline);
    }
  }
}
