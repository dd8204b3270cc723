package dev.piecework.worker.pipeline;

import com.zaxxer.hikari.HikariDataSource;
import dev.piecework.engine.EngineSettings;
import dev.piecework.net.HostLookup;
import dev.piecework.worker.broker.Publisher;
import dev.piecework.worker.cancel.Clearances;
import dev.piecework.worker.checkpoint.CheckpointTable;
import dev.piecework.worker.checkpoint.DestinationTable;
import dev.piecework.worker.checkpoint.FailedProofs;
import dev.piecework.worker.checkpoint.MetainfoTable;
import dev.piecework.worker.checkpoint.UploadIntents;
import dev.piecework.worker.database.DatabaseWatch;
import dev.piecework.worker.existing.ExistingObjects;
import dev.piecework.worker.job.Admissions;
import dev.piecework.worker.job.CancelledJobs;
import dev.piecework.worker.job.FairShares;
import dev.piecework.worker.job.JobLedger;
import dev.piecework.worker.job.JobStatuses;
import dev.piecework.worker.job.LostJobs;
import dev.piecework.worker.job.RetryPolicy;
import dev.piecework.worker.lease.LeaseKeeper;
import dev.piecework.worker.lease.LeaseTable;
import dev.piecework.worker.outbox.Outbox;
import dev.piecework.worker.outbox.OutboxPump;
import dev.piecework.worker.outbox.OutboxRelay;
import dev.piecework.worker.resolve.SourceResolver;
import dev.piecework.worker.resolve.StoreGate;
import dev.piecework.worker.resolve.WriteRules;
import dev.piecework.worker.settings.BrokerSettings;
import dev.piecework.worker.settings.BucketSettings;
import dev.piecework.worker.settings.NetworkSettings;
import dev.piecework.worker.settings.RetrySettings;
import dev.piecework.worker.settings.WorkerSettings;
import dev.piecework.worker.store.StoreHealth;
import dev.piecework.worker.trace.RunSpans;
import dev.piecework.worker.transfer.TransferFactory;
import dev.piecework.worker.transfer.TransferSettings;
import dev.piecework.worker.verify.ObjectFinisher;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import org.springframework.batch.core.configuration.annotation.EnableBatchProcessing;
import org.springframework.batch.core.configuration.annotation.EnableJdbcJobRepository;
import org.springframework.batch.core.configuration.support.MapJobRegistry;
import org.springframework.batch.core.launch.support.TaskExecutorJobOperator;
import org.springframework.batch.core.repository.JobRepository;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Fallback;
import org.springframework.core.task.SyncTaskExecutor;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.annotation.Isolation;
import org.springframework.transaction.support.TransactionTemplate;

/** Puts the pipeline together. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(TransferSettings.class)
@EnableBatchProcessing
@EnableJdbcJobRepository(isolationLevelForCreate = Isolation.READ_COMMITTED)
public class PipelineConfiguration {
  private static final Duration CONFIRM_TIMEOUT = Duration.ofSeconds(10);

  @Bean
  RunMetrics runMetrics(MeterRegistry registry) {
    return new RunMetrics(registry);
  }

  @Bean
  Outbox outbox(JdbcClient jdbc) {
    return new Outbox(jdbc);
  }

  @Bean(destroyMethod = "close")
  Publisher publisher(BrokerSettings settings, TransferFactory transfers) {
    return new Publisher(
        settings, "piecework-worker-" + transfers.scratchId() + "-publish", CONFIRM_TIMEOUT);
  }

  @Bean
  OutboxRelay outboxRelay(Outbox outbox, TransactionTemplate transactions, Publisher publisher) {
    return new OutboxRelay(outbox, transactions, publisher);
  }

  @Bean(destroyMethod = "close")
  OutboxPump outboxPump(OutboxRelay relay, Outbox outbox) {
    return new OutboxPump(relay, outbox);
  }

  @Bean
  LeaseTable leaseTable(JdbcClient jdbc, TransactionTemplate transactions) {
    return new LeaseTable(jdbc, transactions);
  }

  @Bean
  LeaseKeeper leaseKeeper(LeaseTable table, WorkerSettings settings) {
    return new LeaseKeeper(table, settings.lease(), System::nanoTime);
  }

  @Bean
  CheckpointTable checkpointTable(
      JdbcClient jdbc, TransactionTemplate transactions, LeaseTable leases) {
    return new CheckpointTable(jdbc, transactions, leases);
  }

  @Bean
  MetainfoTable metainfoTable(
      JdbcClient jdbc, TransactionTemplate transactions, LeaseTable leases) {
    return new MetainfoTable(jdbc, transactions, leases);
  }

  @Bean
  JobLedger jobLedger(
      JdbcClient jdbc, TransactionTemplate transactions, Outbox outbox, TransferFactory transfers) {
    return new JobLedger(jdbc, transactions, outbox, transfers.scratchId());
  }

  @Bean
  Admissions admissions(
      JdbcClient jdbc,
      TransactionTemplate transactions,
      Outbox outbox,
      TransferFactory transfers,
      WorkerSettings settings) {
    return new Admissions(
        jdbc,
        transactions,
        outbox,
        transfers.scratchId(),
        settings.lease(),
        new FairShares(settings.fairBy()));
  }

  @Bean
  LostJobs lostJobs(
      JdbcClient jdbc, TransactionTemplate transactions, Outbox outbox, TransferFactory transfers) {
    return new LostJobs(jdbc, transactions, outbox, transfers.scratchId());
  }

  @Bean
  CancelledJobs cancelledJobs(
      JdbcClient jdbc,
      TransactionTemplate transactions,
      Outbox outbox,
      TransferFactory transfers,
      WorkerSettings settings) {
    return new CancelledJobs(jdbc, transactions, outbox, transfers.scratchId(), settings.lease());
  }

  @Bean(destroyMethod = "")
  Clearances clearances(
      CancelledJobs jobs,
      LeaseKeeper leases,
      MetainfoTable metainfos,
      CheckpointTable checkpoints,
      ObjectFinisher finisher,
      TransferFactory transfers,
      WriteRules rules,
      Clearances.Strays strays,
      OutboxPump outbox) {
    return new Clearances(
        jobs, leases, metainfos, checkpoints, finisher, transfers, rules, strays, outbox);
  }

  @Bean
  DestinationTable destinationTable(
      JdbcClient jdbc, TransactionTemplate transactions, LeaseTable leases) {
    return new DestinationTable(jdbc, transactions, leases);
  }

  @Bean
  UploadIntents uploadIntents(
      JdbcClient jdbc, TransactionTemplate transactions, LeaseTable leases) {
    return new UploadIntents(jdbc, transactions, leases);
  }

  @Bean
  BatchRecords batchRecords(JobRepository repository) {
    return new BatchRecords(repository);
  }

  /** Not what the framework means by its repository: that is the one over the tables. */
  @Bean(destroyMethod = "")
  @Fallback
  RunRecords runRecords(HikariDataSource dataSource, TransactionTemplate transactions)
      throws Exception {
    return new RunRecords(RunRecords.repository(dataSource, transactions), transactions);
  }

  @Bean(destroyMethod = "close")
  SourceResolver sourceResolver(
      NetworkSettings network, HostLookup names, BucketSettings buckets, StoreGate store) {
    return new SourceResolver(network.policy(), names, buckets, store);
  }

  @Bean
  WriteRules writeRules(BucketSettings buckets) {
    return new WriteRules(buckets);
  }

  @Bean
  Pipeline pipeline(
      SourceResolver resolver,
      WriteRules rules,
      StoreGate store,
      TransferFactory transfers,
      ObjectFinisher finisher,
      JobLedger ledger,
      LeaseTable leases,
      CheckpointTable checkpoints,
      MetainfoTable metainfos,
      UploadIntents intents,
      DestinationTable destinations,
      ExistingObjects existing,
      RunMetrics metrics,
      OutboxPump outbox,
      RunRecords records,
      JobRepository repository,
      JdbcClient jdbc,
      TransactionTemplate transactions,
      EngineSettings engine,
      WorkerSettings settings)
      throws Exception {
    TorrentJob.Parts parts =
        new TorrentJob.Parts(
            resolver,
            rules,
            store,
            transfers,
            finisher,
            ledger,
            leases,
            checkpoints,
            metainfos,
            intents,
            new FailedProofs(jdbc, transactions, leases),
            new Arrival(existing, destinations, settings.onExisting()),
            metrics,
            outbox::wake,
            engine,
            settings.checkpointInterval());
    return new Pipeline(parts, records, new BatchHistory(repository, operator(repository)));
  }

  /**
   * An operator that puts records in order. Not the bean that the framework makes, which starts
   * jobs too.
   */
  private static TaskExecutorJobOperator operator(JobRepository repository) throws Exception {
    TaskExecutorJobOperator operator = new TaskExecutorJobOperator();
    operator.setJobRepository(repository);
    operator.setJobRegistry(new MapJobRegistry());
    operator.setTaskExecutor(new SyncTaskExecutor());
    operator.afterPropertiesSet();
    return operator;
  }

  @Bean
  JobRunner jobRunner(
      Pipeline pipeline,
      JobLedger ledger,
      LeaseKeeper leases,
      OutboxPump outbox,
      TransferFactory transfers,
      RunMetrics metrics,
      RunSpans spans,
      Clearances clearances,
      StoreHealth store,
      DatabaseWatch database,
      JdbcClient jdbc,
      WorkerSettings worker,
      RetrySettings retry,
      TransferSettings transfer) {
    store.knowBuckets(new JobStatuses(jdbc)::buckets);
    return new JobRunner(
        pipeline,
        ledger,
        leases,
        outbox,
        transfers,
        metrics,
        spans,
        clearances::wake,
        store,
        database,
        new JobRunner.Settings(
            worker.slots(),
            new RetryPolicy(retry.maxAttempts(), retry.firstDelay(), retry.maxDelay()),
            worker.gracePeriod(),
            worker.slotPatience(),
            transfer.stallTimeout()));
  }
}
