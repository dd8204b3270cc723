package dev.piecework.worker.database;

import dev.piecework.worker.gate.IntakeGate;
import dev.piecework.worker.loop.Loop;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the database every second whether it can be used, on a connection of its own: the pool's may
 * all wait for a server that does not answer. The first failure is logged at once; after a few
 * seconds of them the worker takes no more messages ({@link IntakeGate}), because it could only
 * hold them back from workers whose database answers. When the database answers again, so does the
 * worker.
 */
public final class DatabaseWatch implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(DatabaseWatch.class);
  private static final String HOLDER = "database";
  private static final Duration INTERVAL = Duration.ofSeconds(1);

  /** Longest time that an answer may take. */
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  /** How long failures must last before messages are given back: a short break is waited out. */
  private static final Duration AWAY_AFTER = Duration.ofSeconds(3);

  private static final Duration REPEAT = Duration.ofSeconds(30);

  /** Two askings, each of which may be without an answer, and the time between. */
  private static final Duration CONFIRMATION = PATIENCE.plus(INTERVAL).multipliedBy(2);

  private static final Duration CONFIRMATION_PAUSE = Duration.ofMillis(50);

  private final DatabaseConnections connections;
  private final IntakeGate gate;
  private final LongSupplier nanoClock;
  private final Loop loop;
  private final AtomicLong answers = new AtomicLong();
  private volatile OptionalLong failedAt = OptionalLong.empty();
  private volatile Optional<Outage> outage = Optional.empty();
  private Optional<CompletableFuture<Void>> asking = Optional.empty();

  /** Of the thread that asks. */
  private volatile Optional<Connection> connection = Optional.empty();

  private record Outage(String cause, long since, long saidAt) {}

  /** At rest until {@link #start}. */
  DatabaseWatch(DatabaseConnections connections, IntakeGate gate, LongSupplier nanoClock) {
    this.connections = connections;
    this.gate = gate;
    this.nanoClock = nanoClock;
    this.loop = new Loop("database", INTERVAL, 0, this::ask);
  }

  /** Begins to ask. */
  public void start() {
    loop.start();
  }

  /** Why the database cannot be used; empty if it answered when it was last asked. */
  public Optional<String> trouble() {
    return outage.map(Outage::cause);
  }

  /**
   * Whether the database could not be used at some time since: what failed by it was nobody's
   * fault. Waits, a few seconds, for an answer that was asked for after the call.
   *
   * @param since of {@link System#nanoTime}, or whatever this watch's clock is
   */
  public boolean wasAway(long since) throws InterruptedException {
    long asked = answers.get();
    long deadline = nanoClock.getAsLong() + CONFIRMATION.toNanos();
    while (!failedSince(since)
        && answers.get() - asked < 2
        && nanoClock.getAsLong() - deadline < 0) {
      Thread.sleep(CONFIRMATION_PAUSE);
    }
    return failedSince(since);
  }

  private boolean failedSince(long since) {
    OptionalLong last = failedAt;
    return last.isPresent() && last.getAsLong() - since >= 0;
  }

  /** Asks once. */
  void ask() {
    try {
      CompletableFuture<Void> answer = asking.orElseGet(this::begin);
      asking = Optional.of(answer);
      answer.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
      asking = Optional.empty();
      connections.refusal().ifPresentOrElse(this::failed, this::answered);
    } catch (TimeoutException e) {
      failed("no answer within " + PATIENCE.toSeconds() + " s");
    } catch (ExecutionException e) {
      asking = Optional.empty();
      failed(SqlFaults.cause(e.getCause() == null ? e : e.getCause()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    answers.incrementAndGet();
  }

  private CompletableFuture<Void> begin() {
    CompletableFuture<Void> answer = new CompletableFuture<>();
    Thread.ofVirtual()
        .name("database-probe")
        .start(() -> {
          try {
            probe();
            answer.complete(null);
          } catch (SQLException | RuntimeException e) {
            answer.completeExceptionally(e);
          }
        });
    return answer;
  }

  private void probe() throws SQLException {
    if (connections.refusal().isPresent()) {
      // What still is open says nothing about what cannot be opened.
      disconnect();
    }
    if (connection.isEmpty()) {
      connection = Optional.of(connections.open(PATIENCE, PATIENCE));
    }
    boolean answered = false;
    try (Statement statement = connection.get().createStatement()) {
      boolean postgresql = connections.settings().postgresql();
      try (ResultSet row =
          statement.executeQuery(
              postgresql
                  ? "SELECT current_setting('transaction_read_only') FROM piecework_relay"
                  : "SELECT 'off' FROM piecework_relay")) {
        if (row.next() && "on".equals(row.getString(1))) {
          throw new SQLException(
              "it is read-only, a standby perhaps: PIECEWORK_DATABASE_URL must name the server that takes writes",
              "25006");
        }
      }
      answered = true;
    } finally {
      if (!answered) {
        disconnect();
      }
    }
  }

  private void disconnect() {
    connection.ifPresent(old -> {
      try {
        old.close();
      } catch (SQLException e) {
        LOG.debug("already gone: {}", e.toString());
      }
    });
    connection = Optional.empty();
  }

  private void failed(String cause) {
    long now = nanoClock.getAsLong();
    failedAt = OptionalLong.of(now);
    Outage before = outage.orElseGet(() -> new Outage("", now, now));
    boolean repeat = !cause.equals(before.cause()) || now - before.saidAt() >= REPEAT.toNanos();
    outage = Optional.of(new Outage(cause, before.since(), repeat ? now : before.saidAt()));
    if (repeat) {
      LOG.warn(
          "cannot use the database at {}: {}. Retrying every {} s; check the server and PIECEWORK_DATABASE_URL, _USERNAME and _PASSWORD",
          connections.settings().address(),
          cause,
          INTERVAL.toSeconds());
    }
    if (now - before.since() >= AWAY_AFTER.toNanos()) {
      gate.close(
          HOLDER,
          IntakeGate.Scope.EVERYTHING,
          "cannot use the database at %s: %s".formatted(connections.settings().address(), cause));
    }
  }

  private void answered() {
    Optional<Outage> over = outage;
    outage = Optional.empty();
    gate.open(HOLDER);
    over.ifPresent(was ->
        LOG.info(
            "the database at {} answers again after {} s",
            connections.settings().address(),
            Duration.ofNanos(nanoClock.getAsLong() - was.since()).toSeconds()));
  }

  @Override
  public void close() {
    loop.close();
    disconnect();
  }
}
