package dev.piecework.acceptance.faults;

import dev.piecework.acceptance.faults.Fault.LostAnswers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Collectors;

/**
 * What is submitted in a round and what goes wrong. A pure function of seed and round, so that a
 * round can be repeated; how the processes interleave then is theirs.
 *
 * @param seed of the run
 * @param round from 1
 * @param jobs one for each; at most one per torrent
 * @param faults each with a target of its own
 */
record Schedule(long seed, int round, List<PlannedJob> jobs, List<Fault> faults) {
  /** Longer than the workers' lease, which {@link Installation} sets. */
  static final Duration LONGER_THAN_LEASE = Installation.LEASE.plusMillis(1500);

  private static final int MAX_JOBS = 4;
  private static final int MAX_FAULTS = 4;
  private static final long MIX = 0xD1342543DE82EF95L;

  Schedule {
    jobs = List.copyOf(jobs);
    faults = List.copyOf(faults);
  }

  /**
   * A job of a round.
   *
   * @param torrent number of its torrent
   * @param byTracker whether its peers come from a tracker rather than with the job
   */
  record PlannedJob(int torrent, boolean byTracker) {}

  /**
   * Draws a round.
   *
   * @param torrents how many there are to choose from
   * @param workers how many there are to hit
   */
  static Schedule draw(long seed, int round, int torrents, int workers) {
    // Seeds and rounds that follow each other must not give streams that overlap.
    SplittableRandom random =
        new SplittableRandom(new SplittableRandom(seed).nextLong() ^ round * MIX);
    List<PlannedJob> jobs = new ArrayList<>();
    List<Integer> free = new ArrayList<>();
    for (int i = 0; i < torrents; i++) {
      free.add(i);
    }
    int count = random.nextInt(1, Math.min(MAX_JOBS, torrents) + 1);
    for (int i = 0; i < count; i++) {
      jobs.add(new PlannedJob(free.remove(random.nextInt(free.size())), random.nextInt(3) == 0));
    }
    return new Schedule(seed, round, jobs, new Draw(random, count, workers).faults());
  }

  /**
   * Whether no fault is a worker's own, of at least one worker: it must go on whatever befalls the
   * others.
   */
  boolean sparesOneOf(int workers) {
    Set<Integer> hit = new HashSet<>();
    for (Fault fault : faults) {
      switch (fault) {
        case Fault.Kill kill -> hit.add(kill.worker());
        case Fault.Freeze freeze -> hit.add(freeze.worker());
        case Fault.Terminate terminate -> hit.add(terminate.worker());
        case Fault.Link link -> hit.add(link.worker());
        case Fault.Clock clock -> hit.add(clock.worker());
        case Fault.Twin twin -> hit.add(twin.worker());
        default -> {}
      }
    }
    return hit.size() < workers;
  }

  /** What happens, for a line of output. */
  String describe() {
    return faults.stream().map(Fault::toString).collect(Collectors.joining("; "));
  }

  private static final class Draw {
    private final SplittableRandom random;
    private final int jobs;
    private final int workers;
    private final Set<Object> hit = new HashSet<>();

    Draw(SplittableRandom random, int jobs, int workers) {
      this.random = random;
      this.jobs = jobs;
      this.workers = workers;
    }

    List<Fault> faults() {
      List<Fault> faults = new ArrayList<>();
      int count = random.nextInt(1, MAX_FAULTS + 1);
      while (faults.size() < count) {
        Fault fault = fault();
        // One fault for each target: the end of one must not end another.
        if (hit.add(target(fault))) {
          faults.add(fault);
        }
      }
      return faults;
    }

    private static Object target(Fault fault) {
      return switch (fault) {
        case Fault.Kill kill -> kill.worker();
        case Fault.Freeze freeze -> freeze.worker();
        case Fault.Terminate terminate -> terminate.worker();
        case Fault.Cut cut -> cut.service();
        case Fault.Outage outage -> outage.service();
        case Fault.Hang hang -> hang.service();
        case Fault.Slow slow -> slow.service();
        case Fault.StoreErrors errors -> Service.STORE;
        case LostAnswers answers -> Service.STORE;
        case Fault.Link link -> link.service() + " of worker " + link.worker();
        case Fault.Peer peer -> "seeder of job " + peer.job();
        case Fault.Clock clock -> "clock of worker " + clock.worker();
        case Fault.Twin twin -> twin.worker();
        case Fault.Resubmit again -> "job " + again.job();
        case Fault.Pause pause -> "job " + pause.job();
        case Fault.Cancel cancel -> "job " + cancel.job();
      };
    }

    private Fault fault() {
      int weight = random.nextInt(130);
      if (weight >= 100) {
        return partition(weight - 100);
      }
      if (weight < 20) {
        return new Fault.Kill(moment(), worker(), millis(0, 2500), random.nextInt(3) == 0);
      } else if (weight < 31) {
        return new Fault.Freeze(moment(), worker(), LONGER_THAN_LEASE.plus(millis(0, 2500)));
      } else if (weight < 43) {
        return new Fault.Terminate(moment(), worker(), millis(0, 2000));
      } else if (weight < 52) {
        return new Fault.Cut(moment(), service(), random.nextInt(1, 5));
      } else if (weight < 61) {
        return new Fault.Outage(moment(), service(), millis(500, 6000));
      } else if (weight < 66) {
        return new Fault.Hang(moment(), service(), millis(500, 6000));
      } else if (weight < 71) {
        return new Fault.Slow(moment(), service(), millis(1000, 5000), millis(5, 100));
      } else if (weight < 78) {
        return new Fault.StoreErrors(
            moment(), random.nextBoolean() ? 500 : 503, random.nextInt(1, 4), millis(500, 5000));
      } else if (weight < 84) {
        return new LostAnswers(
            moment(), one(List.of(LostAnswers.Request.values())), random.nextInt(1, 3));
      }
      int job = random.nextInt(jobs);
      if (weight < 89) {
        return new Fault.Pause(moment(), job, millis(200, 4000));
      } else if (weight < 94) {
        return new Fault.Cancel(moment(), job, random.nextBoolean(), random.nextInt(3) == 0);
      }
      return new Fault.Resubmit(
          random.nextInt(3) == 0 ? new Moment.Ended(job) : moment(), job, random.nextInt(1, 6));
    }

    private Fault partition(int weight) {
      if (weight < 18) {
        LinkFault how = one(List.of(LinkFault.values()));
        return new Fault.Link(
            moment(), worker(), how.service().orElseGet(this::service), how, millis(500, 6000));
      } else if (weight < 22) {
        return new Fault.Peer(
            moment(),
            random.nextInt(jobs),
            one(List.of(LinkFault.CUT, LinkFault.FREEZE, LinkFault.ONE_WAY, LinkFault.FLAP)),
            millis(500, 6000));
      } else if (weight < 26) {
        return new Fault.Clock(moment(), worker(), millis(1000, 5000));
      }
      return new Fault.Twin(moment(), worker(), millis(1000, 6000));
    }

    private Moment moment() {
      return random.nextBoolean()
          ? new Moment.After(millis(0, 4000))
          : new Moment.Given(random.nextInt(jobs), random.nextInt(1, 100));
    }

    private int worker() {
      return random.nextInt(workers);
    }

    private Service service() {
      return one(List.of(Service.values()));
    }

    private <T> T one(List<T> choices) {
      return choices.get(random.nextInt(choices.size()));
    }

    private Duration millis(int from, int to) {
      return Duration.ofMillis(random.nextInt(from, to));
    }
  }
}
