package dev.piecework.bench;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import com.zaxxer.hikari.HikariDataSource;
import dev.piecework.message.Destination;
import dev.piecework.message.JobMessage;
import dev.piecework.message.JobOptions;
import dev.piecework.message.JobSource;
import dev.piecework.worker.checkpoint.CheckpointTable;
import dev.piecework.worker.database.DatabaseConfiguration;
import dev.piecework.worker.job.Admissions;
import dev.piecework.worker.job.FairShares;
import dev.piecework.worker.job.Submission;
import dev.piecework.worker.lease.Lease;
import dev.piecework.worker.lease.LeaseTable;
import dev.piecework.worker.outbox.Outbox;
import dev.piecework.worker.settings.DatabaseSettings;
import dev.piecework.worker.transfer.Checkpoint;
import dev.piecework.worker.transfer.Transfer;
import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * What a transfer writes down while it goes on, one transaction at a time: into H2 in memory, or
 * into the database of {@code BENCH_DATABASE_URL} ({@code BENCH_DATABASE_USERNAME}, {@code
 * BENCH_DATABASE_PASSWORD}), which is left with one job for each run. Run by {@code bench/run jmh}.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class Checkpoints {
  private static final int PIECES = 100_000;
  private static final int MOST_PARTS = 10_000;

  /** The schema's migration takes two at once. */
  private static final int CONNECTIONS = 2;

  private static final int PART_BYTES = 8 << 20;

  /** A job that this process holds the lease of. */
  @State(Scope.Thread)
  public static class OneJob {
    private final HikariDataSource database;
    private final CheckpointTable table;
    private final Lease lease;
    private final BitSet pieces = new BitSet(PIECES);
    private int next;

    /** Opens the database and claims a new job in it. */
    public OneJob() {
      // Without a configuration every statement would be printed.
      ((Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME)).setLevel(Level.WARN);
      database = DatabaseConfiguration.open(settings(), CONNECTIONS);
      JdbcClient jdbc = JdbcClient.create(database);
      TransactionTemplate transactions =
          new TransactionTemplate(new JdbcTransactionManager(database));
      table = new CheckpointTable(jdbc, transactions, new LeaseTable(jdbc, transactions));
      String job = "bench-" + UUID.randomUUID();
      Admissions worker =
          new Admissions(
              jdbc, transactions, new Outbox(jdbc), "bench", Duration.ofHours(1), FairShares.NONE);
      JobMessage message =
          new JobMessage(
              JobMessage.VERSION,
              job,
              JobSource.Inline.of(new byte[] {1}),
              new Destination("bucket", ""),
              JobOptions.none());
      worker.admit(new Submission(message, job, false, false));
      lease = worker.claim(job).orElseThrow().lease();
    }

    private static DatabaseSettings settings() {
      return new DatabaseSettings(
          setting("URL", "jdbc:h2:mem:bench"),
          setting("USERNAME", "piecework"),
          setting("PASSWORD", ""),
          "",
          Duration.ofSeconds(20));
    }

    private static String setting(String name, String otherwise) {
      return System.getenv().getOrDefault("BENCH_DATABASE_" + name, otherwise);
    }

    private void write(List<Checkpoint.UploadedPart> parts) {
      // As while a window moves: of 48 pieces in scratch one goes and one comes.
      pieces.set(next % PIECES);
      pieces.clear((next + PIECES - 48) % PIECES);
      next++;
      Transfer.Batch batch = new Transfer.Batch(List.of(), List.of(), parts, pieces);
      table.write(lease, new CheckpointTable.Step(batch, true, "scratch", 1 << 20, 0, next, next));
    }

    private Checkpoint.UploadedPart part() {
      return new Checkpoint.UploadedPart(
          0, next % MOST_PARTS + 1, PART_BYTES, "d41d8cd98f00b204e9800998ecf8427e-1", next);
    }

    /** Closes the database; one in memory is gone then. */
    @TearDown
    public void close() {
      database.close();
    }
  }

  /** What is written each second: which of 100,000 pieces are in scratch. */
  @Benchmark
  public void checkpointOfPieces(OneJob job) {
    job.write(List.of());
  }

  /** What is written when a part is in the store: that, and the pieces. */
  @Benchmark
  public void checkpointOfPart(OneJob job) {
    job.write(List.of(job.part()));
  }
}
