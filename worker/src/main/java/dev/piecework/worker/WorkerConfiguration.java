package dev.piecework.worker;

import dev.piecework.worker.database.DatabaseConfiguration;
import dev.piecework.worker.settings.BrokerSettings;
import dev.piecework.worker.settings.DatabaseSettings;
import dev.piecework.worker.settings.NetworkSettings;
import dev.piecework.worker.settings.RetrySettings;
import dev.piecework.worker.settings.WorkerSettings;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Import;

/** The parts of a worker, named one by one: no scanning, so that what runs can be read here. */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
@EnableConfigurationProperties({
  BrokerSettings.class,
  DatabaseSettings.class,
  NetworkSettings.class,
  RetrySettings.class,
  WorkerSettings.class
})
@Import({DatabaseConfiguration.class})
class WorkerConfiguration {}
