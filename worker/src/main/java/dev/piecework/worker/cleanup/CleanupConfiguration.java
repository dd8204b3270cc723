package dev.piecework.worker.cleanup;

import dev.piecework.message.EventType;
import dev.piecework.worker.cancel.Clearances;
import dev.piecework.worker.checkpoint.UploadIntents;
import dev.piecework.worker.cleanup.Cleanup.Duty;
import dev.piecework.worker.job.Orders;
import dev.piecework.worker.outbox.Outbox;
import dev.piecework.worker.pipeline.BatchRecords;
import dev.piecework.worker.settings.CleanupSettings;
import dev.piecework.worker.settings.WorkerSettings;
import dev.piecework.worker.store.ObjectStore;
import dev.piecework.worker.store.StoreException;
import dev.piecework.worker.transfer.TransferException;
import dev.piecework.worker.transfer.TransferFactory;
import java.time.Duration;
import java.util.List;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

/** Puts the cleaning together. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(CleanupSettings.class)
public class CleanupConfiguration {
  /** Far beyond the time for which the broker may deliver a request again. */
  private static final Duration REQUEST_RETENTION = Duration.ofDays(1);

  private static final List<String> FINAL_EVENTS =
      List.of(
          EventType.COMPLETED.wireName(),
          EventType.FAILED.wireName(),
          EventType.CANCELLED.wireName());

  @Bean
  EndedJobs endedJobs(JdbcClient jdbc, TransactionTemplate transactions, BatchRecords batch) {
    return new EndedJobs(jdbc, transactions, batch);
  }

  @Bean
  Clearances.Strays straysOfCancelledJobs(
      UploadIntents intents, ObjectProvider<ObjectStore> store, CleanupSettings settings) {
    return job -> {
      ObjectStore there = store.getIfAvailable();
      if (there == null) {
        return List.of();
      }
      try {
        new StrayUploads(intents, there, settings.uploadAge()).abortOf(job);
        return List.of();
      } catch (StoreException e) {
        if (e.destinationFault().isTransient()) {
          throw new TransferException(e.destinationFault(), e);
        }
        return List.of("an upload that was about to begin (" + e.getMessage() + ")");
      }
    };
  }

  @Bean
  Cleanup cleanup(
      EndedJobs ended,
      Outbox outbox,
      Orders orders,
      UploadIntents intents,
      ObjectProvider<ObjectStore> store,
      TransferFactory transfers,
      CleanupSettings settings,
      WorkerSettings worker) {
    return new Cleanup(
        List.of(
            new Duty("events", () -> outbox.purge(worker.eventRetention(), FINAL_EVENTS)),
            new Duty("orders", () -> orders.forgetRequests(REQUEST_RETENTION)),
            new Duty("shares", () -> ended.forgetShares(REQUEST_RETENTION)),
            new Duty("failed jobs", () -> ended.forgetCheckpoints(settings.failedKeep())),
            new Duty("ended jobs", () -> ended.forget(settings.jobKeep())),
            new Duty(
                "uploads",
                () ->
                    store.ifAvailable(
                        there -> new StrayUploads(intents, there, settings.uploadAge()).abort())),
            new Duty(
                "scratch",
                () ->
                    transfers.sweepScratch(
                        job -> ended.needsNoScratch(job, transfers.scratchId())))));
  }
}
