package dev.piecework.worker.control;

import dev.piecework.engine.EngineSettings;
import dev.piecework.worker.cancel.Clearances;
import dev.piecework.worker.gate.IntakeGate;
import dev.piecework.worker.intake.RegistrationIntake;
import dev.piecework.worker.job.FairShares;
import dev.piecework.worker.job.JobStatuses;
import dev.piecework.worker.job.Orders;
import dev.piecework.worker.job.Registrations;
import dev.piecework.worker.lease.LeaseKeeper;
import dev.piecework.worker.observe.Budgets;
import dev.piecework.worker.observe.WorkerVersion;
import dev.piecework.worker.outbox.Outbox;
import dev.piecework.worker.outbox.OutboxPump;
import dev.piecework.worker.settings.BrokerSettings;
import dev.piecework.worker.settings.WorkerSettings;
import dev.piecework.worker.transfer.TransferFactory;
import io.micrometer.core.instrument.MeterRegistry;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionTemplate;

/** Puts the control side together. */
@Configuration(proxyBeanMethods = false)
public class ControlConfiguration {

  @Bean
  Orders orders(
      JdbcClient jdbc, TransactionTemplate transactions, Outbox outbox, TransferFactory transfers) {
    return new Orders(jdbc, transactions, outbox, transfers.scratchId());
  }

  @Bean
  LimitsReport limitsReport(
      TransferFactory transfers, MeterRegistry registry, EngineSettings engine) {
    return new LimitsReport(
        transfers.scratchId(),
        WorkerVersion.text(),
        new Budgets(registry),
        engine.connectionsPerSecond());
  }

  @Bean
  RequestHandler requestHandler(
      Orders orders,
      JdbcClient jdbc,
      Clearances clearances,
      OutboxPump outbox,
      LimitsReport limits,
      WorkerSettings settings,
      IntakeGate gate) {
    return new RequestHandler(
        orders, new JobStatuses(jdbc), clearances, outbox, limits, settings.controlWait(), gate);
  }

  @Bean(destroyMethod = "")
  RegistrationIntake registrationIntake(
      JdbcClient jdbc,
      TransactionTemplate transactions,
      Outbox outbox,
      OutboxPump pump,
      TransferFactory transfers,
      WorkerSettings settings,
      BrokerSettings broker,
      IntakeGate gate) {
    return new RegistrationIntake(
        new Registrations(
            jdbc, transactions, outbox, transfers.scratchId(), new FairShares(settings.fairBy())),
        pump,
        settings.jobDeadline(),
        broker.requireUserId(),
        gate);
  }

  @Bean(destroyMethod = "")
  ControlLink controlLink(
      BrokerSettings settings,
      RequestHandler handler,
      LimitsReport limits,
      RegistrationIntake registrations,
      LeaseKeeper leases,
      TransferFactory transfers,
      IntakeGate gate) {
    return new ControlLink(
        settings,
        "piecework-worker-" + transfers.scratchId() + "-control",
        handler,
        limits,
        registrations,
        leases::look,
        gate);
  }
}
