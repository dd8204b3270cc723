package dev.piecework.standalone.embedded;

import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.qpid.server.SystemLauncher;
import org.apache.qpid.server.SystemLauncherListener;
import org.apache.qpid.server.model.SystemConfig;
import org.jspecify.annotations.Nullable;

/**
 * An AMQP 0-9-1 broker (Qpid Broker-J) in this process. It speaks what RabbitMQ speaks, so that
 * producer and worker need no other code; where the two differ is written down in {@link
 * dev.piecework.message.Topology}.
 */
public final class EmbeddedBroker implements AutoCloseable {
  private final SystemLauncher launcher;
  private final int port;
  private final Login login;

  private EmbeddedBroker(SystemLauncher launcher, int port, Login login) {
    this.launcher = launcher;
    this.port = port;
    this.login = login;
  }

  /** Starts a broker that forgets everything when it stops. */
  public static EmbeddedBroker inMemory(Path workFolder, int port, Login login)
      throws EmbeddedServiceException {
    return start(workFolder, port, login, false);
  }

  /**
   * Starts a broker whose durable queues and persistent messages survive the process, {@code kill
   * -9} included (H2, every commit written).
   */
  public static EmbeddedBroker durable(Path workFolder, int port, Login login)
      throws EmbeddedServiceException {
    return start(workFolder, port, login, true);
  }

  private static EmbeddedBroker start(Path workFolder, int port, Login login, boolean durable)
      throws EmbeddedServiceException {
    if (!Loopback.isFree(port)) {
      throw new EmbeddedServiceException(
          "the embedded broker cannot listen on %s:%d: the port is taken; choose another one"
              .formatted(Loopback.ADDRESS, port));
    }
    StartWatch failure = new StartWatch();
    SystemLauncher launcher = new SystemLauncher(failure);
    try {
      Files.createDirectories(workFolder);
      // Only read while starting; it holds the secret, so it does not stay.
      Path configuration =
          SecretFile.write(
              workFolder.resolve("broker.json"), json(port, login, durable, workFolder));
      // Without one of its own the launcher looks inside its jar, which fails in some packagings.
      Path properties = SecretFile.write(workFolder.resolve("broker.properties"), "");
      try {
        Map<String, String> context = new HashMap<>();
        context.put("qpid.work_dir", workFolder.toString());
        context.put("qpid.broker_dir", workFolder.toString());
        Map<String, Object> attributes = new HashMap<>();
        attributes.put(SystemConfig.TYPE, "Memory");
        attributes.put(SystemConfig.CONTEXT, context);
        attributes.put(SystemConfig.STARTUP_LOGGED_TO_SYSTEM_OUT, false);
        attributes.put(
            SystemConfig.INITIAL_CONFIGURATION_LOCATION, configuration.toUri().toURL().toString());
        attributes.put("initialSystemPropertiesLocation", properties.toUri().toURL().toString());
        launcher.startup(attributes);
      } finally {
        Files.deleteIfExists(configuration);
        Files.deleteIfExists(properties);
      }
    } catch (Exception e) {
      launcher.shutdown();
      throw new EmbeddedServiceException(
          "the embedded broker did not start in " + workFolder + ": " + e.getMessage(), e);
    }
    Optional<RuntimeException> cause = failure.cause();
    if (cause.isPresent()) {
      launcher.shutdown();
      throw new EmbeddedServiceException(
          "the embedded broker did not start in " + workFolder + ": " + cause.get().getMessage(),
          cause.get());
    }
    return new EmbeddedBroker(launcher, port, login);
  }

  /** Where it listens, on {@link Loopback#ADDRESS}. */
  public int port() {
    return port;
  }

  /** {@code amqp://user:secret@127.0.0.1:port}: for settings, never for logs. */
  public String uri() {
    return "amqp://%s:%s@%s:%d".formatted(login.user(), login.secret(), Loopback.ADDRESS, port);
  }

  @Override
  public void close() {
    launcher.shutdown();
  }

  /**
   * Without the broker's context entry, RabbitMQ's {@code x-} arguments would close connections.
   */
  private static String json(int port, Login login, boolean durable, Path workFolder) {
    return """
    {
      "name": "piecework",
      "modelVersion": "9.1",
      "context": { "queue.behaviourOnUnknownDeclareArgument": "IGNORE" },
      "authenticationproviders": [ {
        "name": "plain",
        "type": "Plain",
        "secureOnlyMechanisms": [],
        "users": [ { "name": "%s", "type": "managed", "password": "%s" } ]
      } ],
      "ports": [ {
        "name": "amqp",
        "type": "AMQP",
        "port": %d,
        "bindingAddress": "%s",
        "authenticationProvider": "plain",
        "protocols": [ "AMQP_0_9_1" ],
        "virtualhostaliases": [ { "name": "defaultAlias", "type": "defaultAlias" } ]
      } ],
      "virtualhostnodes": [ {
        "name": "piecework",
        %s,
        "defaultVirtualHostNode": "true",
        "virtualHostInitialConfiguration": "%s"
      } ]
    }
    """
        .formatted(
            login.user(),
            login.secret(),
            port,
            Loopback.ADDRESS,
            durable
                ? "\"type\": \"JSON\", \"storePath\": \"%s\""
                    .formatted(escaped(workFolder.resolve("queues.json").toString()))
                : "\"type\": \"Memory\"",
            escaped(durable ? durableHost(workFolder, login) : "{ \"type\": \"Memory\" }"));
  }

  /**
   * Messages lie in H2, which the database uses anyway. Qpid does not know H2's word for a bounded
   * binary column and takes it from the context.
   */
  private static String durableHost(Path workFolder, Login login) {
    return """
    { "type": "JDBC", "connectionUrl": "jdbc:h2:file:%s;WRITE_DELAY=0;DB_CLOSE_ON_EXIT=FALSE",\
     "username": "%s", "password": "%s",\
     "context": { "qpid.jdbcstore.varBinaryType": "varbinary(%%d)" } }\
    """
        .formatted(
            escaped(workFolder.resolve("messages").toString()), login.user(), login.secret());
  }

  private static String escaped(String text) {
    return text.replace("\\", "\\\\").replace("\"", "\\\"");
  }

  /**
   * Takes away the broker's own reaction to SIGINT and SIGTERM. It would close at once, beside
   * whoever still has to hand jobs back through it; when it closes is for {@link #close} to say.
   * Qpid has no setting for this, hence the look at a private field. Where it is not found, a stop
   * takes longer, and no more.
   */
  private static void disarm(@Nullable Object container) {
    if (container == null) {
      return;
    }
    for (Class<?> type = container.getClass(); type != null; type = type.getSuperclass()) {
      try {
        Field hook = type.getDeclaredField("_shutdownHook");
        hook.setAccessible(true);
        if (hook.get(container) instanceof Thread thread) {
          Runtime.getRuntime().removeShutdownHook(thread);
        }
        return;
      } catch (NoSuchFieldException e) {
        // Perhaps one of its ancestors has it.
      } catch (IllegalAccessException | IllegalStateException e) {
        return;
      }
    }
  }

  /** The launcher tells of a failed start through a listener, and does not throw. */
  private static final class StartWatch
      extends SystemLauncherListener.DefaultSystemLauncherListener {
    private Optional<RuntimeException> cause = Optional.empty();
    private Optional<SystemConfig<?>> system = Optional.empty();

    @Override
    public void errorOnStartup(RuntimeException e) {
      cause = Optional.of(e);
    }

    @Override
    public void onContainerResolve(SystemConfig<?> systemConfig) {
      system = Optional.of(systemConfig);
    }

    @Override
    public void afterStartup() {
      system.ifPresent(config -> disarm(config.getContainer()));
    }

    Optional<RuntimeException> cause() {
      return cause;
    }
  }
}
