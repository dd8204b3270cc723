package dev.piecework.worker;

import dev.piecework.engine.Engine;
import dev.piecework.engine.EngineSettings;
import dev.piecework.net.HostLookup;
import dev.piecework.worker.existing.ExistingObjects;
import dev.piecework.worker.existing.StoreExistingObjects;
import dev.piecework.worker.observe.Budgets;
import dev.piecework.worker.scratch.ScratchBudget;
import dev.piecework.worker.scratch.ScratchException;
import dev.piecework.worker.scratch.ScratchFolder;
import dev.piecework.worker.scratch.ScratchSettings;
import dev.piecework.worker.settings.CleanupSettings;
import dev.piecework.worker.store.ObjectSettings;
import dev.piecework.worker.store.ObjectStore;
import dev.piecework.worker.store.StoreHealth;
import dev.piecework.worker.store.StoreMeter;
import dev.piecework.worker.store.StoreSettings;
import dev.piecework.worker.transfer.SeedCache;
import dev.piecework.worker.transfer.SeedSettings;
import dev.piecework.worker.transfer.SwarmTransferFactory;
import dev.piecework.worker.transfer.TransferFactory;
import dev.piecework.worker.transfer.TransferSettings;
import dev.piecework.worker.verify.ObjectFinisher;
import dev.piecework.worker.verify.StoreObjectFinisher;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * The transfer side of a worker: engine, object store, scratch folder, and what is made of them.
 * Wants {@link EngineSettings} from elsewhere.
 */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties({
  StoreSettings.class,
  ObjectSettings.class,
  ScratchSettings.class,
  SeedSettings.class,
  TransferSettings.class
})
class TransferConfiguration {

  @Bean(destroyMethod = "close")
  Engine engine(
      EngineSettings settings, HostLookup names, StoreSettings store, CleanupSettings cleanup) {
    // Before anything is opened.
    cleanup.requireAtLeast(store.callTimeout());
    return Engine.start(settings, names);
  }

  @Bean(destroyMethod = "close")
  ObjectStore objectStore(StoreSettings settings, ObjectSettings objects, MeterRegistry registry) {
    return new ObjectStore(settings, objects, new StoreMeter(registry));
  }

  @Bean
  StoreHealth storeHealth(ObjectStore store, MeterRegistry registry) {
    StoreHealth health = store.health();
    Gauge.builder("piecework.store.outage", health, TransferConfiguration::outageSeconds)
        .baseUnit("seconds")
        .description(
            "For how long the worker has been waiting for the store; 0 while it can be used")
        .register(registry);
    return health;
  }

  private static double outageSeconds(StoreHealth health) {
    return health
        .outage()
        // An outage of this very second is one.
        .map(outage -> Math.max(1, Duration.between(outage.since(), Instant.now()).toSeconds()))
        .orElse(0L);
  }

  @Bean(destroyMethod = "close")
  ScratchFolder scratchFolder(ScratchSettings settings, MeterRegistry registry)
      throws ScratchException {
    ScratchFolder scratch = ScratchFolder.open(settings, Clock.systemUTC());
    ScratchBudget budget = scratch.budget();
    new Budgets(registry).add("scratch_bytes", budget::usedBytes, budget.maxBytes());
    return scratch;
  }

  @Bean
  TransferFactory transferFactory(
      Engine engine,
      ObjectStore store,
      ScratchFolder scratch,
      TransferSettings settings,
      ScratchSettings scratchSettings,
      StoreSettings storeSettings,
      SeedSettings seedSettings,
      MeterRegistry registry) {
    Optional<SeedCache> cache =
        seedSettings.fromStore()
            ? Optional.of(new SeedCache(seedSettings, registry))
            : Optional.empty();
    cache.ifPresent(
        seeds -> new Budgets(registry).add("seed_cache_bytes", seeds::usedBytes, seeds.maxBytes()));
    SwarmTransferFactory factory =
        new SwarmTransferFactory(
            engine,
            store,
            scratch,
            settings,
            scratchSettings,
            storeSettings,
            cache,
            System::nanoTime);
    new Budgets(registry).add("uploads", factory::uploads, storeSettings.concurrentUploads());
    return factory;
  }

  @Bean
  ObjectFinisher objectFinisher(ObjectStore store) {
    return new StoreObjectFinisher(store);
  }

  @Bean
  ExistingObjects existingObjects(ObjectStore store) {
    return new StoreExistingObjects(store);
  }
}
