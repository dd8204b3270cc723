package dev.piecework.fuzz;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Runs the targets, each in a process of its own with the heap of a worker's image, so that an
 * input that costs too much memory is a finding too. {@code ./check fuzz} calls {@link #main}.
 */
public final class Fuzzing {
  /** Classes with a {@code fuzzerTestOneInput}. */
  static final List<String> TARGETS =
      List.of(
          "dev.piecework.fuzz.BencodeFuzz",
          "dev.piecework.fuzz.MetainfoFuzz",
          "dev.piecework.fuzz.MagnetFuzz",
          "dev.piecework.fuzz.PeerMessagesFuzz",
          "dev.piecework.fuzz.HandshakeFuzz",
          "dev.piecework.fuzz.MessagesFuzz",
          "dev.piecework.fuzz.StoreAnswersFuzz",
          "dev.piecework.fuzz.ConfigurationFuzz",
          "dev.piecework.tracker.TrackerAnswersFuzz");

  /** As the worker's image has it. */
  private static final String HEAP = "-Xmx192m";

  /** Above the time a target may take until its process is ended. */
  private static final Duration GRACE = Duration.ofMinutes(5);

  private static final int SLOWEST_INPUT_SECONDS = 10;
  private static final int LARGEST_INPUT = 16_384;

  private final Path corpora;
  private final Path findings;

  /**
   * @param corpora a folder for each target, by its simple name; new inputs are added
   * @param findings where inputs that broke something go
   */
  Fuzzing(Path corpora, Path findings) {
    this.corpora = corpora;
    this.findings = findings;
  }

  /** Arguments: {@code --minutes N} for all targets together, {@code --target NAME} for one. */
  public static void main(String[] arguments) throws Exception {
    try {
      System.exit(fuzz(arguments));
    } catch (IllegalArgumentException e) {
      System.err.println(e.getMessage());
      System.exit(2);
    }
  }

  private static int fuzz(String[] arguments) throws IOException, InterruptedException {
    double minutes = 10;
    List<String> targets = TARGETS;
    for (int i = 0; i < arguments.length; i += 2) {
      String value = i + 1 < arguments.length ? arguments[i + 1] : "";
      switch (arguments[i]) {
        case "--minutes" -> minutes = minutes(value);
        case "--target" -> targets = targets(value);
        default -> throw misuse("unknown option " + arguments[i]);
      }
    }
    Duration each = Duration.ofMillis((long) (minutes * 60_000 / targets.size()));
    Fuzzing fuzzing = new Fuzzing(Path.of("corpus"), Path.of("target", "findings"));
    int broken = 0;
    for (String target : targets) {
      Optional<String> finding = fuzzing.run(target, each);
      System.out.printf(
          "%s: %s%n", target, finding.orElse("no finding in " + each.toSeconds() + " s"));
      broken += finding.isPresent() ? 1 : 0;
    }
    System.out.printf("%d passed, %d failed%n", targets.size() - broken, broken);
    return broken == 0 ? 0 : 1;
  }

  private static double minutes(String value) {
    try {
      double minutes = Double.parseDouble(value);
      if (minutes > 0 && minutes <= 100_000) {
        return minutes;
      }
    } catch (NumberFormatException e) {
      // Said below.
    }
    throw misuse("--minutes \"" + value + "\" is not a number above 0");
  }

  private static List<String> targets(String name) {
    List<String> found = TARGETS.stream().filter(target -> simple(target).equals(name)).toList();
    if (found.isEmpty()) {
      throw misuse(
          "no target \"%s\"; targets are: %s"
              .formatted(name, String.join(", ", TARGETS.stream().map(Fuzzing::simple).toList())));
    }
    return found;
  }

  private static IllegalArgumentException misuse(String problem) {
    return new IllegalArgumentException("fuzz: " + problem);
  }

  static String simple(String target) {
    return target.substring(target.lastIndexOf('.') + 1);
  }

  /**
   * Fuzzes one target, beginning with its corpus.
   *
   * @param time how long; the corpus itself is always replayed
   * @return what was found: where the input and the log are; empty if nothing
   */
  Optional<String> run(String target, Duration time) throws IOException, InterruptedException {
    Path corpus = Files.createDirectories(corpora.resolve(simple(target)));
    Path inputs = Files.createDirectories(findings.resolve(simple(target)));
    Path log = findings.resolve(simple(target) + ".log");
    Process process =
        new ProcessBuilder(command(target, time, corpus, inputs))
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    try {
      if (!process.waitFor(time.plus(GRACE).toMillis(), TimeUnit.MILLISECONDS)) {
        return Optional.of("did not end; log: " + log);
      }
    } finally {
      process.destroyForcibly();
    }
    return process.exitValue() == 0
        ? Optional.empty()
        : Optional.of(
            "exit code %d, %s; log: %s".formatted(process.exitValue(), names(inputs), log));
  }

  private static List<String> command(String target, Duration time, Path corpus, Path inputs) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            HEAP,
            "-XX:+UseSerialGC",
            "-Xss512k",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-XX:+EnableDynamicAgentLoading",
            "-cp",
            System.getProperty("java.class.path"),
            "com.code_intelligence.jazzer.Jazzer",
            "--target_class=" + target,
            "--instrumentation_includes=dev.piecework.**",
            // It breaks Netty's own use of Unsafe, and nothing here uses it.
            "--disabled_hooks=com.code_intelligence.jazzer.sanitizers.UnsafeSanitizer",
            "--reproducer_path=" + inputs,
            "-artifact_prefix=" + inputs + "/",
            "-max_len=" + LARGEST_INPUT,
            "-timeout=" + SLOWEST_INPUT_SECONDS,
            "-rss_limit_mb=0",
            "-max_total_time=" + Math.max(1, time.toSeconds()),
            corpus.toString()));
    return command;
  }

  private static String names(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return String.valueOf(files.map(Path::toString).sorted().limit(5).toList());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
