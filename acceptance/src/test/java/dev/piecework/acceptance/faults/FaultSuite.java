package dev.piecework.acceptance.faults;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * Plays rounds of faults and says how they ended: {@code ./check faults}. A round that ends badly
 * leaves its evidence, and the next one begins on new services.
 */
final class FaultSuite {
  static final int DEFAULT_WORKERS = 3;
  private static final int DEFAULT_ROUNDS = 20;

  private final long seed;
  private final int workers;
  private final Path folder;
  private final PrintStream out;

  /**
   * @param seed that all rounds are drawn from
   * @param workers processes at once
   * @param folder for evidence
   * @param out for one line a round
   */
  FaultSuite(long seed, int workers, Path folder, PrintStream out) {
    this.seed = seed;
    this.workers = workers;
    this.folder = folder;
    this.out = out;
  }

  /** Plays rounds {@code first} to {@code last}. */
  Totals run(int first, int last) throws Exception {
    Totals totals = new Totals();
    out.printf(
        "faults: seed %d, rounds %d to %d, %d workers, logs in %s%n",
        seed, first, last, workers, folder.toAbsolutePath());
    int round = first;
    try (Seeders seeders = Seeders.start()) {
      while (round <= last) {
        try (Stage stage =
            new Stage(seeders, workers, folder.resolve("from-round-%d".formatted(round)))) {
          boolean right = true;
          while (right && round <= last) {
            RoundResult result = stage.play(Schedule.draw(seed, round, seeders.count(), workers));
            totals.add(result);
            report(result);
            right = result.right();
            round++;
          }
        }
      }
    }
    out.println("faults: " + totals.line());
    return totals;
  }

  private void report(RoundResult result) {
    out.println(result.line());
    if (!result.right()) {
      result.violations().forEach(violation -> out.println("  " + violation));
      out.printf(
          "  evidence: round-%d.txt and logs in %s; to repeat: ./check faults --seed %d --round %d --workers %d%n",
          result.schedule().round(),
          folder.toAbsolutePath(),
          seed,
          result.schedule().round(),
          workers);
    }
    out.flush();
  }

  /** Options: {@code --rounds N}, {@code --seed S}, {@code --round R}, {@code --workers W}. */
  @SuppressWarnings("SystemOut") // it speaks to a person at a terminal
  public static void main(String[] arguments) throws Exception {
    Map<String, Long> options = new TreeMap<>();
    try {
      for (int i = 0; i < arguments.length; i += 2) {
        options.put(arguments[i], Long.parseLong(arguments[i + 1]));
      }
      if (!java.util.Set.of("--rounds", "--seed", "--round", "--workers")
          .containsAll(options.keySet())) {
        throw new IllegalArgumentException("no such option");
      }
    } catch (RuntimeException e) {
      System.err.println("usage: [--rounds N] [--seed S] [--round R] [--workers W], all numbers");
      System.exit(2);
    }
    long seed = options.getOrDefault("--seed", (long) new SplittableRandom().nextInt(1, 1_000_000));
    int first = options.getOrDefault("--round", 1L).intValue();
    int last =
        options.containsKey("--round")
            ? first
            : options.getOrDefault("--rounds", (long) DEFAULT_ROUNDS).intValue();
    int workers = options.getOrDefault("--workers", (long) DEFAULT_WORKERS).intValue();
    Path folder = Path.of("target", "faults", "seed-" + seed);
    boolean right = false;
    try {
      right = new FaultSuite(seed, workers, folder, System.out).run(first, last).right();
    } catch (Exception e) {
      System.err.println("faults: the suite itself failed, seed " + seed);
      e.printStackTrace(System.err);
    }
    // Threads of services would keep the process alive.
    System.exit(right ? 0 : 1);
  }
}
