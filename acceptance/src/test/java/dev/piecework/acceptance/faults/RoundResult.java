package dev.piecework.acceptance.faults;

import dev.piecework.acceptance.Figures;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/**
 * How a round ended.
 *
 * @param schedule what was done
 * @param lost jobs that did not end
 * @param duplicated jobs with more than one outcome
 * @param twiceBytes content that seeders gave beyond one copy of each job
 * @param time from the submission until all was checked
 * @param violations what is wrong, for people; empty if nothing is
 */
record RoundResult(
    Schedule schedule,
    int lost,
    int duplicated,
    long twiceBytes,
    Duration time,
    List<String> violations) {

  RoundResult {
    violations = List.copyOf(violations);
  }

  boolean right() {
    return violations.isEmpty();
  }

  /** The round in one line. */
  String line() {
    return String.format(
        Locale.ROOT,
        "round %d seed %d: %s, %d jobs, %s fetched twice, %.1f s [%s]",
        schedule.round(),
        schedule.seed(),
        right() ? "ok" : "WRONG",
        schedule.jobs().size(),
        Figures.mebibytes(twiceBytes),
        time.toMillis() / 1000.0,
        schedule.describe());
  }
}
