package dev.piecework.worker;

import dev.piecework.engine.EngineSettings;
import dev.piecework.net.HostLookup;
import dev.piecework.worker.broker.Publisher;
import dev.piecework.worker.cancel.Clearances;
import dev.piecework.worker.cleanup.Cleanup;
import dev.piecework.worker.cleanup.CleanupConfiguration;
import dev.piecework.worker.control.ControlConfiguration;
import dev.piecework.worker.control.ControlLink;
import dev.piecework.worker.database.DatabaseConfiguration;
import dev.piecework.worker.database.DatabaseWatch;
import dev.piecework.worker.gate.IntakeGate;
import dev.piecework.worker.job.Admissions;
import dev.piecework.worker.job.LostJobs;
import dev.piecework.worker.job.StoreWaits;
import dev.piecework.worker.lease.LeaseKeeper;
import dev.piecework.worker.observe.ObserveConfiguration;
import dev.piecework.worker.observe.Observers;
import dev.piecework.worker.outbox.OutboxPump;
import dev.piecework.worker.pipeline.JobRunner;
import dev.piecework.worker.pipeline.PipelineConfiguration;
import dev.piecework.worker.pipeline.RunRecords;
import dev.piecework.worker.settings.BrokerSettings;
import dev.piecework.worker.settings.BucketSettings;
import dev.piecework.worker.settings.CleanupSettings;
import dev.piecework.worker.settings.DatabaseSettings;
import dev.piecework.worker.settings.EngineProperties;
import dev.piecework.worker.settings.LogSettings;
import dev.piecework.worker.settings.NetworkSettings;
import dev.piecework.worker.settings.PeerProperties;
import dev.piecework.worker.settings.RetrySettings;
import dev.piecework.worker.settings.WorkerSettings;
import dev.piecework.worker.store.StoreHealth;
import dev.piecework.worker.transfer.TransferFactory;
import org.springframework.beans.factory.BeanFactoryInitializer;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.jdbc.core.simple.JdbcClient;

/**
 * The parts of a worker, named one by one: no scanning, so that what runs can be read here. The
 * transfer side comes as a configuration of its own ({@link WorkerApplication#start}).
 */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration(
    excludeName = "org.springframework.boot.amqp.autoconfigure.RabbitAutoConfiguration")
@EnableConfigurationProperties({
  BrokerSettings.class,
  BucketSettings.class,
  DatabaseSettings.class,
  EngineProperties.class,
  LogSettings.class,
  NetworkSettings.class,
  PeerProperties.class,
  RetrySettings.class,
  WorkerSettings.class
})
@Import({
  ControlConfiguration.class,
  CleanupConfiguration.class,
  DatabaseConfiguration.class,
  ObserveConfiguration.class,
  PipelineConfiguration.class
})
class WorkerConfiguration {

  /** Settings first: what is wrong with them is told before anything is opened. */
  @Bean
  static BeanFactoryInitializer<ListableBeanFactory> settingsFirst() {
    return factory -> factory.getBeansWithAnnotation(ConfigurationProperties.class);
  }

  @Bean
  EngineSettings engineSettings(
      EngineProperties properties, PeerProperties peers, NetworkSettings network) {
    return properties.settings(network.policy(), peers.limits());
  }

  @Bean
  HostLookup hostLookup(NetworkSettings network) {
    return network.lookup();
  }

  @Bean(destroyMethod = "")
  WorkerDuties workerDuties(
      WorkerSettings settings,
      BrokerSettings brokerSettings,
      Admissions admissions,
      JobRunner runner,
      RunRecords records,
      Publisher publisher,
      OutboxPump pump,
      LostJobs lostJobs,
      LeaseKeeper leases,
      Clearances clearances,
      ControlLink control,
      TransferFactory transfers,
      Cleanup cleanup,
      CleanupSettings cleanupSettings,
      Observers observers,
      DatabaseWatch database,
      StoreHealth store,
      JdbcClient jdbc,
      IntakeGate gate) {
    return new WorkerDuties(
        settings,
        brokerSettings,
        admissions,
        runner,
        records,
        publisher,
        pump,
        lostJobs,
        leases,
        clearances,
        control,
        transfers,
        cleanup,
        cleanupSettings.interval(),
        observers,
        database,
        store,
        new StoreWaits(jdbc, transfers.scratchId()),
        gate);
  }
}
