package dev.piecework.acceptance.faults;

import dev.piecework.acceptance.Figures;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** The sums over all rounds. */
final class Totals {
  private final Map<String, Integer> faults = new TreeMap<>();
  private int rounds;
  private int wrong;
  private int jobs;
  private int lost;
  private int duplicated;
  private long twiceBytes;

  void add(RoundResult result) {
    rounds++;
    wrong += result.right() ? 0 : 1;
    jobs += result.schedule().jobs().size();
    lost += result.lost();
    duplicated += result.duplicated();
    twiceBytes += result.twiceBytes();
    result.schedule().faults().forEach(fault -> faults.merge(fault.kind(), 1, Integer::sum));
  }

  boolean right() {
    return wrong == 0;
  }

  /** All of it in one line. */
  String line() {
    return "%d rounds, %d wrong; faults: %s; %d jobs, %d lost, %d duplicated, %s fetched twice"
        .formatted(
            rounds,
            wrong,
            faults.entrySet().stream()
                .map(entry -> entry.getValue() + " " + entry.getKey())
                .collect(Collectors.joining(", ")),
            jobs,
            lost,
            duplicated,
            Figures.mebibytes(twiceBytes));
  }
}
