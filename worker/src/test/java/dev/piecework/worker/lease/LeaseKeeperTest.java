package dev.piecework.worker.lease;

import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.worker.TestDatabase;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.transaction.CannotCreateTransactionException;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.TransactionStatus;
import org.springframework.transaction.support.TransactionTemplate;

class LeaseKeeperTest {
  private static final Duration DURATION = Duration.ofSeconds(15);

  private final TestDatabase database = TestDatabase.h2();
  private final AtomicLong nanos = new AtomicLong();
  private final AtomicInteger lost = new AtomicInteger();
  private final LeaseKeeper keeper =
      new LeaseKeeper(
          new LeaseTable(database.jdbc(), database.transactions()), DURATION, nanos::get);
  private final Lease lease = new Lease("job", 1, "me");

  @AfterEach
  void close() {
    database.close();
  }

  private void row(String owner) {
    database
        .jdbc()
        .sql(
            """
            INSERT INTO piecework_job(id, message, submission, state, reason, attempt, failures,
              progressed, epoch, lease_owner, lease_until, requeues, priority, labels, bucket,
              prefix, info_hash, name, total_bytes, total_pieces, total_files, downloaded_bytes,
              sent_bytes, created_at, updated_at)
            VALUES ('job', '', '', 'RUNNING', '', 1, 0, FALSE, 1, :owner, CURRENT_TIMESTAMP, 0, 0,
              '{}', '', '', '', '', 0, 0, 0, 0, 0, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP)
            """)
        .param("owner", owner)
        .update();
  }

  @Test
  void renewsByTheDatabasesClock() {
    row("me");
    keeper.keep(lease, lost::incrementAndGet);
    keeper.renewAll();
    OffsetDateTime[] times =
        database
            .jdbc()
            .sql("SELECT lease_until, CURRENT_TIMESTAMP FROM piecework_job")
            .query((row, number) ->
                new OffsetDateTime[] {
                  row.getObject(1, OffsetDateTime.class), row.getObject(2, OffsetDateTime.class)
                })
            .single();
    assertThat(Duration.between(times[1], times[0])).isPositive();
    assertThat(lost).hasValue(0);
  }

  @Test
  void saysOnceThatAnotherHasTheJob() {
    row("another");
    keeper.keep(lease, lost::incrementAndGet);
    keeper.renewAll();
    keeper.renewAll();
    assertThat(lost).hasValue(1);
    assertThat(keeper.holds(lease)).isFalse();
  }

  @Test
  void withoutADatabaseALeaseIsLostWhenItsTimeIsOver() {
    row("me");
    keeper.keep(lease, lost::incrementAndGet);
    database.close();
    nanos.set(DURATION.minusSeconds(1).toNanos());
    keeper.renewAll();
    assertThat(lost).hasValue(0);
    nanos.set(DURATION.toNanos());
    keeper.renewAll();
    assertThat(lost).hasValue(1);
  }

  @Test
  void aDatabaseThatHangsKeepsNoLeaseAlive() {
    CompletableFuture<Void> asked = new CompletableFuture<>();
    CompletableFuture<Void> answered = new CompletableFuture<>();
    PlatformTransactionManager hanging =
        new PlatformTransactionManager() {
          @Override
          public TransactionStatus getTransaction(@Nullable TransactionDefinition definition) {
            asked.complete(null);
            answered.join();
            throw new CannotCreateTransactionException("too late");
          }

          @Override
          public void commit(TransactionStatus status) {}

          @Override
          public void rollback(TransactionStatus status) {}
        };
    LeaseKeeper waiting =
        new LeaseKeeper(
            new LeaseTable(database.jdbc(), new TransactionTemplate(hanging)),
            DURATION,
            nanos::get);
    waiting.keep(lease, lost::incrementAndGet);
    Thread renewing = Thread.startVirtualThread(waiting::renewAll);
    asked.join();
    nanos.set(DURATION.minusSeconds(1).toNanos());
    waiting.giveUpExpired();
    assertThat(lost).hasValue(0);

    nanos.set(DURATION.toNanos());
    waiting.giveUpExpired();

    assertThat(lost).hasValue(1);
    answered.complete(null);
    assertThat(renewing).satisfies(Thread::join);
    assertThat(lost).hasValue(1);
  }

  @Test
  void whoMerelySleptAsksTheDatabaseFirst() {
    row("me");
    keeper.keep(lease, lost::incrementAndGet);
    nanos.set(DURATION.multipliedBy(10).toNanos());
    keeper.giveUpExpired();
    keeper.renewAll();
    keeper.giveUpExpired();
    assertThat(lost).hasValue(0);
  }

  @Test
  void forgetsWhatWasDropped() {
    row("another");
    keeper.keep(lease, lost::incrementAndGet);
    keeper.drop(lease);
    keeper.renewAll();
    assertThat(lost).hasValue(0);
  }
}
