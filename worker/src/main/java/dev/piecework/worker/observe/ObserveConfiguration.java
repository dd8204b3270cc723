package dev.piecework.worker.observe;

import com.zaxxer.hikari.HikariDataSource;
import dev.piecework.engine.Engine;
import dev.piecework.worker.database.DatabaseWatch;
import dev.piecework.worker.scratch.ScratchSettings;
import dev.piecework.worker.settings.HttpSettings;
import dev.piecework.worker.settings.TracingSettings;
import dev.piecework.worker.trace.RunSpans;
import dev.piecework.worker.transfer.TransferFactory;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.Optional;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Metrics, health, and their port. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties({HttpSettings.class, TracingSettings.class})
public class ObserveConfiguration {

  @Bean(destroyMethod = "close")
  PrometheusMeterRegistry meterRegistry() {
    return new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  }

  @Bean
  Health health() {
    return new Health();
  }

  /** Of the engine's loops; of none where a test has no engine. */
  @Bean
  EventLoopWatch eventLoopWatch(ObjectProvider<Engine> engine, PrometheusMeterRegistry registry) {
    return new EventLoopWatch(
        engine.stream().flatMap(each -> each.eventLoops().stream()).toList(), registry);
  }

  /** Started and closed with the worker's duties. */
  @Bean(destroyMethod = "")
  Observers observers(
      HttpSettings settings,
      Health health,
      PrometheusMeterRegistry registry,
      EventLoopWatch eventLoops,
      ObjectProvider<Engine> engine,
      ObjectProvider<ScratchSettings> scratch,
      JdbcClient jdbc,
      HikariDataSource pool,
      DatabaseWatch watch) {
    StatusServer server = new StatusServer(settings, new StatusPages(health, registry));
    ProcessMetrics.register(registry);
    engine.ifAvailable(each -> EngineMetrics.register(registry, each::stats));
    DatabaseFigures database = new DatabaseFigures(jdbc, pool, watch, registry);
    database.ask();
    Optional<ScratchSpace> space =
        scratch.stream().findFirst().map(each -> new ScratchSpace(each.path(), registry));
    return Observers.of(
        registry,
        health,
        server,
        eventLoops,
        () -> {
          database.ask();
          space.ifPresent(ScratchSpace::ask);
        });
  }

  @Bean
  RunSpans runSpans(TracingSettings tracing, TransferFactory transfers) {
    return new RunSpans(tracing, transfers.scratchId(), WorkerVersion.text());
  }
}
