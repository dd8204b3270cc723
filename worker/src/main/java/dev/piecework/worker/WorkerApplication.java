package dev.piecework.worker;

import dev.piecework.worker.observe.LogFormat;
import dev.piecework.worker.resolve.StoreGateConfiguration;
import dev.piecework.worker.start.StartFailures;
import dev.piecework.worker.start.UnknownSettings;
import dev.piecework.worker.start.WorkerStartException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.MapPropertySource;

/** A running worker. Several may run in one process. */
public final class WorkerApplication implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(WorkerApplication.class);

  private static final Duration CONTEXT_LIMIT = Duration.ofSeconds(2);

  private final ConfigurableApplicationContext context;
  private final WorkerDuties duties;
  private final AtomicBoolean closed = new AtomicBoolean();

  private WorkerApplication(ConfigurableApplicationContext context) {
    this.context = context;
    this.duties = context.getBean(WorkerDuties.class);
  }

  /**
   * Starts a worker and returns when it has its database; broker and object store may follow.
   *
   * <p>It installs no shutdown hook: whoever starts it closes it.
   *
   * @param properties settings by their property name, as {@code piecework.broker.uri}; they win
   *     over the environment
   * @throws WorkerStartException when a setting is wrong or the database cannot be used
   */
  public static WorkerApplication start(Map<String, Object> properties) {
    return start(properties, TransferConfiguration.class, StoreGateConfiguration.class);
  }

  /** With another transfer side; for tests. */
  static WorkerApplication start(Map<String, Object> properties, Class<?>... transferSide) {
    List<Class<?>> parts = new ArrayList<>(List.of(transferSide));
    parts.add(WorkerConfiguration.class);
    SpringApplication application = new SpringApplication(parts.toArray(new Class<?>[0]));
    application.setDefaultProperties(Map.of("spring.config.name", "piecework"));
    application.setRegisterShutdownHook(false);
    application.addListeners(new LogFormat(properties));
    application.addInitializers(context ->
        context
            .getEnvironment()
            .getPropertySources()
            .addFirst(new MapPropertySource("start", properties)));
    ConfigurableApplicationContext context;
    try {
      context = application.run();
    } catch (RuntimeException e) {
      throw StartFailures.explain(e);
    }
    UnknownSettings.find(context).forEach(each -> LOG.warn("{}", each));
    WorkerApplication worker = new WorkerApplication(context);
    try {
      worker.duties.start();
      return worker;
    } catch (RuntimeException e) {
      worker.close();
      throw StartFailures.explain(e);
    }
  }

  /** Whether the worker takes jobs: the broker is connected and its queue consumed. */
  public boolean ready() {
    return duties.ready();
  }

  /** Where it answers HTTP, for metrics and health; empty if that is switched off. */
  public Optional<InetSocketAddress> statusAddress() {
    return duties.statusAddress();
  }

  /** This worker's identity, stable for its scratch folder; as in events and lease owners. */
  public String workerId() {
    return duties.workerId();
  }

  /** How long {@link #close} takes at most, whatever hangs. */
  public Duration shutdownLimit() {
    return duties.shutdownLimit().plus(CONTEXT_LIMIT);
  }

  /**
   * Stops consuming, checkpoints, hands every job back and releases everything; returns within
   * {@link #shutdownLimit}. Idempotent.
   */
  @Override
  public void close() {
    if (closed.compareAndSet(false, true)) {
      duties.close();
      new Ending(CONTEXT_LIMIT).step("connection pool", context::close);
    }
  }
}
