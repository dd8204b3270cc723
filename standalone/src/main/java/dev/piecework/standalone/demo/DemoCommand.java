package dev.piecework.standalone.demo;

import dev.piecework.cli.CliContext;
import dev.piecework.cli.CliException;
import dev.piecework.cli.Quantities;
import dev.piecework.cli.progress.Human;
import dev.piecework.exit.ExitCode;
import dev.piecework.standalone.StandaloneLogging;
import dev.piecework.standalone.embedded.EmbeddedServiceException;
import dev.piecework.standalone.run.Interruption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code piecework demo}: the promise of the README, watched. */
@Command(
    name = "demo",
    description = {
      "Makes a data set, a tracker and two seeders on this machine, puts a job on the queue, kills the",
      "worker that has it half-way, and shows how another one finishes. Needs no internet; cleans up.",
      ""
    },
    sortOptions = false)
public final class DemoCommand implements Callable<Integer> {
  private static final Duration STOP_PATIENCE = Duration.ofSeconds(30);
  private static final long LEAST_SIZE = 32L << 20;

  private final CliContext context;

  @Spec CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--size",
      paramLabel = "SIZE",
      converter = Quantities.RateConverter.class,
      description = "How much to download, as 200m or 1g. Default: 256m")
  long size = 256L << 20;

  @Option(
      names = "--rate",
      paramLabel = "RATE",
      converter = Quantities.RateConverter.class,
      description =
          "What the seeders send per second together, so that there is time to watch."
              + " Default: 20m")
  long rate = 20L << 20;

  @Option(
      names = "--dir",
      paramLabel = "DIR",
      description = "An empty folder to work in; it is kept. Default: a temporary one")
  @Nullable Path dir;

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help.")
  boolean help;

  /** In this process. */
  public DemoCommand(CliContext context) {
    this.context = context;
  }

  @Override
  public Integer call() throws InterruptedException, IOException {
    if (size < LEAST_SIZE) {
      throw new ParameterException(
          spec.commandLine(),
          "--size is %s: expected %s or more, so that there is a half-way"
              .formatted(Human.bytes(size), Human.bytes(LEAST_SIZE)));
    }
    if (rate < 1) {
      throw new ParameterException(spec.commandLine(), "--rate is 0: expected 1m or more");
    }
    Path folder = dir == null ? Files.createTempDirectory("piecework-demo-") : emptyFolder(dir);
    // The folder goes before the interruption ends: after a signal the process does not wait
    // longer.
    try (Interruption interruption = Interruption.install(STOP_PATIENCE)) {
      try {
        return play(folder, interruption).code();
      } finally {
        if (dir == null) {
          delete(folder);
        }
      }
    } catch (EmbeddedServiceException e) {
      throw new CliException(ExitCode.INTERNAL, String.valueOf(e.getMessage()));
    }
  }

  private ExitCode play(Path folder, Interruption interruption)
      throws IOException, InterruptedException, EmbeddedServiceException {
    StandaloneLogging.toFile(folder.resolve("demo.log"));
    room(folder);
    boolean good = new DemoShow(context, folder.toAbsolutePath(), size, rate, interruption).play();
    if (interruption.requested()) {
      context.err().println("piecework: the demo was stopped");
      return ExitCode.INTERRUPTED;
    }
    return good ? ExitCode.OK : ExitCode.JOB_FAILED;
  }

  private void room(Path folder) throws IOException {
    // The content, its objects, and what is in flight.
    long needed = 2 * size + (256L << 20);
    long free = Files.getFileStore(folder).getUsableSpace();
    if (free < needed) {
      throw new CliException(
          ExitCode.STORE_UNAVAILABLE,
          "the demo needs %s in %s, where %s are free: use --dir, or a smaller --size"
              .formatted(Human.bytes(needed), folder, Human.bytes(free)));
    }
  }

  private static Path emptyFolder(Path folder) throws IOException {
    Files.createDirectories(folder);
    try (Stream<Path> entries = Files.list(folder)) {
      if (entries.findAny().isPresent()) {
        throw new CliException(
            ExitCode.USAGE, "--dir names %s, which is not empty".formatted(folder));
      }
    }
    return folder;
  }

  static void delete(Path folder) throws IOException {
    try (Stream<Path> walk = Files.walk(folder)) {
      for (Path path : walk.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    }
  }
}
