package dev.piecework.tracker;

import dev.piecework.engine.TorrentStats.TrackerState;
import dev.piecework.net.ErrorHook;
import dev.piecework.net.LogContext;
import dev.piecework.tracker.AnnounceResult.Accepted;
import dev.piecework.tracker.AnnounceResult.Failed;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Announces one torrent to its trackers, and hands on the peers they name.
 *
 * <p>Tiers are as in BEP 12: inside a tier trackers stand for each other, and the one that answers
 * is asked first from then on. Different tiers are announced to side by side, each at its own pace
 * and one tracker at a time, as most clients have come to do: public torrents list one tracker per
 * tier, and whoever waited for the first to fail would know a fraction of the swarm.
 *
 * <p>Each tier goes from waiting for its time, to one announce at work, back to waiting. All state
 * has one owner, an event loop; methods may be called from any thread and do not block.
 */
public final class Announcer {
  private static final Logger log = LoggerFactory.getLogger(Announcer.class);

  private final AnnounceSettings settings;
  private final TrackerClient client;
  private final Scheduler scheduler;
  private final Executor owner;
  private final Duration stopTimeout;
  private final LogContext logContext = LogContext.current();
  private final Supplier<Totals> totals;
  private final BiConsumer<String, List<InetSocketAddress>> peers;
  private final TrackerList trackers;
  private final List<Turn> turns;
  private final CompletableFuture<Void> stopped = new CompletableFuture<>();
  private volatile List<TrackerState> states;
  private boolean downloadCompleted;
  private boolean stopping;

  Announcer(
      AnnounceSettings settings,
      TrackerClient client,
      Scheduler scheduler,
      Executor owner,
      RandomGenerator random,
      Duration stopTimeout,
      Supplier<Totals> totals,
      BiConsumer<String, List<InetSocketAddress>> peers) {
    this.settings = settings;
    this.client = client;
    this.scheduler = scheduler;
    this.owner = owner;
    this.stopTimeout = stopTimeout;
    this.totals = totals;
    this.peers = peers;
    this.trackers = new TrackerList(settings.tiers(), scheduler.nanoTime(), random);
    this.turns = trackers.tiers().stream().map(Turn::new).toList();
    this.states = trackers.states();
  }

  /**
   * Starts announcing at once.
   *
   * @param totals asked at each announce, on an event loop: must return at once
   * @param peers given the tracker's host and port and what its answer names, on an event loop:
   *     must return at once. The addresses have not been put before the address policy
   */
  public static Announcer start(
      AnnounceSettings settings,
      Trackers trackers,
      Supplier<Totals> totals,
      BiConsumer<String, List<InetSocketAddress>> peers) {
    Announcer announcer =
        new Announcer(
            settings,
            trackers.client(),
            trackers.scheduler(),
            trackers.nextLoop(),
            RandomGenerator.getDefault(),
            trackers.limits().stopTimeout(),
            totals,
            peers);
    announcer.begin();
    return announcer;
  }

  void begin() {
    owner.execute(() -> turns.forEach(this::wake));
  }

  /**
   * The download has become complete: tells the trackers. Not for one that was so from the start.
   */
  public void completed() {
    run(() -> {
      downloadCompleted = true;
      turns.forEach(this::wake);
    });
  }

  /** More peers are wanted: announces as soon as the trackers' minimum intervals allow. */
  public void moreWanted() {
    run(() -> {
      for (Turn turn : turns) {
        turn.hungry = true;
        wake(turn);
      }
    });
  }

  /** How each tracker last answered, skipped ones too, in the order of the metainfo. Cheap. */
  public List<TrackerState> states() {
    return states;
  }

  /**
   * Tells the trackers that know us that we leave, and stops. Idempotent.
   *
   * @return completes, never exceptionally, when they have answered, or after {@link
   *     TrackerLimits#stopTimeout}
   */
  public CompletableFuture<Void> stop() {
    run(this::stopNow);
    return stopped.copy();
  }

  private void run(Runnable task) {
    try {
      owner.execute(task);
    } catch (RejectedExecutionException e) {
      // The event loops are gone, and with them whatever was at work.
      stopped.complete(null);
    }
  }

  private void wake(Turn turn) {
    if (stopping || turn.atWork.isPresent()) {
      return;
    }
    turn.timer.cancel();
    long now = scheduler.nanoTime();
    Optional<Tracker> next = turn.tier.dueNow(now).or(() -> dueBeforeItsTime(turn, now));
    if (next.isPresent()) {
      announce(turn, next.get());
      return;
    }
    OptionalLong due = nextDueNanos(turn, now);
    if (due.isPresent()) {
      Duration delay = Duration.ofNanos(Math.max(0, due.getAsLong() - now));
      turn.timer = scheduler.schedule(owner, delay, () -> wake(turn));
    }
  }

  /** A tracker that answers, and that has to be told something or may be asked for more. */
  private Optional<Tracker> dueBeforeItsTime(Turn turn, long now) {
    return turn.tier
        .working()
        .filter(tracker ->
            tracker.nextEvent(downloadCompleted) == AnnounceEvent.COMPLETED
                || (turn.hungry && now - tracker.soonestNanos() >= 0));
  }

  private OptionalLong nextDueNanos(Turn turn, long now) {
    OptionalLong regular = turn.tier.nextDueNanos(now);
    Optional<Tracker> working = turn.tier.working();
    if (turn.hungry && working.isPresent() && regular.isPresent()) {
      long soonest = working.get().soonestNanos();
      return soonest - regular.getAsLong() < 0 ? OptionalLong.of(soonest) : regular;
    }
    return regular;
  }

  private void announce(Turn turn, Tracker tracker) {
    AnnounceEvent event = tracker.nextEvent(downloadCompleted);
    AnnounceRequest request =
        new AnnounceRequest(settings, totals.get(), event, settings.wanted(), tracker.trackerId());
    CompletableFuture<AnnounceResult> answer = client.announce(tracker.url(), request);
    turn.atWork = Optional.of(answer);
    var _ =
        answer.whenCompleteAsync(
            (result, problem) ->
                ErrorHook.of(owner)
                    .guard(() -> {
                      turn.atWork = Optional.empty();
                      if (problem == null && !stopping) {
                        answered(turn, tracker, event, result);
                      }
                    })
                    .run(),
            owner);
  }

  private void answered(Turn turn, Tracker tracker, AnnounceEvent event, AnnounceResult result) {
    long now = scheduler.nanoTime();
    String before = tracker.state().outcome() + tracker.said();
    switch (result) {
      case Accepted accepted -> {
        tracker.accepted(event, accepted, now);
        turn.tier.answered(tracker);
        turn.hungry = false;
      }
      case Failed failed -> tracker.failed(failed, now);
    }
    TrackerState state = tracker.state();
    states = trackers.states();
    if (!before.equals(state.outcome() + tracker.said())) {
      String said = TrackerWords.forLog(tracker.said(), tracker.url());
      logContext.run(() ->
          log.info(
              "tracker {}: {}{}, {} peers",
              tracker.url().place(),
              state.outcome(),
              said.isEmpty() ? "" : "; it says \"" + said + "\"",
              state.peers()));
    }
    wake(turn);
    if (result instanceof Accepted accepted && !accepted.peers().isEmpty()) {
      peers.accept(tracker.url().place(), accepted.peers());
    }
  }

  private void stopNow() {
    if (stopping) {
      return;
    }
    stopping = true;
    List<CompletableFuture<AnnounceResult>> farewells = new ArrayList<>();
    for (Turn turn : turns) {
      turn.timer.cancel();
      turn.atWork.ifPresent(each -> each.cancel(false));
      for (Tracker tracker : turn.tier.trackers()) {
        // One that has stopped answering would only make everybody wait.
        if (tracker.started() && !tracker.failing()) {
          AnnounceRequest request =
              new AnnounceRequest(
                  settings, totals.get(), AnnounceEvent.STOPPED, 0, tracker.trackerId());
          farewells.add(client.announce(tracker.url(), request));
        }
      }
    }
    Scheduler.Timer deadline =
        scheduler.schedule(owner, stopTimeout, () -> farewells.forEach(each -> each.cancel(false)));
    var _ =
        CompletableFuture.allOf(farewells.toArray(CompletableFuture<?>[]::new))
            .whenComplete((_, _) -> {
              deadline.cancel();
              stopped.complete(null);
            });
  }

  /** Where one tier stands; fields belong to the owner. */
  private static final class Turn {
    private final Tier tier;
    private Scheduler.Timer timer = Scheduler.Timer.none();
    private Optional<CompletableFuture<AnnounceResult>> atWork = Optional.empty();
    private boolean hungry;

    Turn(Tier tier) {
      this.tier = tier;
    }
  }
}
