package dev.piecework.standalone.services;

import dev.piecework.cli.broker.BrokerSettings;
import dev.piecework.standalone.embedded.EmbeddedBroker;
import dev.piecework.standalone.embedded.EmbeddedDatabase;
import dev.piecework.standalone.embedded.EmbeddedServiceException;
import dev.piecework.standalone.embedded.EmbeddedStore;
import dev.piecework.standalone.embedded.Loopback;
import dev.piecework.standalone.embedded.SecretFile;
import dev.piecework.standalone.store.FolderBlobStore;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A durable broker, a database and an object store for any number of worker processes, all in one
 * data folder: {@code buckets/<bucket>/<key>} are the objects, {@code env} says how to reach the
 * services, and {@code state} is theirs.
 */
public final class LocalServices implements AutoCloseable {
  private final Path folder;
  private final FileChannel lock;
  private final EmbeddedBroker broker;
  private final EmbeddedDatabase database;
  private final EmbeddedStore store;
  private final ServiceLogins logins;

  private LocalServices(
      Path folder,
      FileChannel lock,
      EmbeddedBroker broker,
      EmbeddedDatabase database,
      EmbeddedStore store,
      ServiceLogins logins) {
    this.folder = folder;
    this.lock = lock;
    this.broker = broker;
    this.database = database;
    this.store = store;
    this.logins = logins;
  }

  /**
   * Starts them all, or none.
   *
   * @param folder for their data; made if it is missing
   * @param bucket made if it is missing
   */
  public static LocalServices start(Path folder, ServicePorts ports, String bucket)
      throws EmbeddedServiceException {
    Path data = folder.toAbsolutePath().normalize();
    Path state = data.resolve("state");
    Unwinding started = new Unwinding();
    try {
      Files.createDirectories(state);
      Files.createDirectories(data.resolve("buckets").resolve(bucket));
      FileChannel lock = started.add(lock(data, state.resolve("lock")));
      ServiceLogins logins = ServiceLogins.load(data.resolve("env"));
      EmbeddedDatabase database =
          started.add(
              EmbeddedDatabase.served(
                  state.resolve("database/jobs"), ports.database(), logins.database()));
      EmbeddedStore store =
          started.add(
              EmbeddedStore.start(
                  new FolderBlobStore(data.resolve("buckets"), state.resolve("staging"), _ -> true),
                  ports.store(),
                  logins.store()));
      EmbeddedBroker broker =
          started.add(
              EmbeddedBroker.durable(state.resolve("broker"), ports.broker(), logins.broker()));
      LocalServices services = new LocalServices(data, lock, broker, database, store, logins);
      SecretFile.write(data.resolve("env"), services.exports());
      return services;
    } catch (IOException e) {
      started.close();
      throw new EmbeddedServiceException(
          "cannot use the data folder %s (%s: %s): make it writable, or choose another one"
              .formatted(data, e.getClass().getSimpleName(), e.getMessage()),
          e);
    } catch (EmbeddedServiceException | RuntimeException e) {
      started.close();
      throw e;
    }
  }

  private static FileChannel lock(Path data, Path file)
      throws IOException, EmbeddedServiceException {
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    try {
      FileLock lock = channel.tryLock();
      if (lock != null) {
        return channel;
      }
    } catch (OverlappingFileLockException e) {
      // The same, from this process.
    }
    channel.close();
    throw new EmbeddedServiceException(
        "services with the data folder %s are running already: use those, or choose another folder"
            .formatted(data));
  }

  /** The data folder; absolute. */
  public Path folder() {
    return folder;
  }

  /** Environment variables for workers and for {@code submit}; some are secret. */
  public Map<String, String> environment() {
    Map<String, String> variables = new LinkedHashMap<>();
    variables.put(
        "PIECEWORK_BROKER_URI", "amqp://%s:%d".formatted(Loopback.ADDRESS, broker.port()));
    variables.put("PIECEWORK_BROKER_USERNAME", logins.broker().user());
    variables.put("PIECEWORK_BROKER_PASSWORD", logins.broker().secret());
    variables.put("PIECEWORK_DATABASE_URL", database.url());
    variables.put("PIECEWORK_DATABASE_USERNAME", logins.database().user());
    variables.put("PIECEWORK_DATABASE_PASSWORD", logins.database().secret());
    variables.put("PIECEWORK_STORE_ENDPOINT", store.endpoint().toString());
    variables.put("PIECEWORK_STORE_ACCESS_KEY", logins.store().user());
    variables.put("PIECEWORK_STORE_SECRET_KEY", logins.store().secret());
    variables.put("PIECEWORK_NETWORK_LOCAL", "true");
    variables.put("PIECEWORK_BUCKETS_READ_ALLOW", "*");
    return variables;
  }

  /** {@link #environment} as lines for a shell. */
  public String exports() {
    StringBuilder text = new StringBuilder();
    environment().forEach((name, value) -> text.append("export %s='%s'%n".formatted(name, value)));
    return text.toString();
  }

  /** How a producer in this process reaches the broker. */
  public BrokerSettings brokerSettings() {
    return new BrokerSettings(
        Loopback.ADDRESS,
        broker.port(),
        false,
        "/",
        logins.broker().user(),
        logins.broker().secret(),
        Optional.empty());
  }

  @Override
  public void close() throws EmbeddedServiceException {
    Unwinding all = new Unwinding();
    var _ = all.add(lock);
    var _ = all.add(database);
    var _ = all.add(store);
    var _ = all.add(broker);
    all.close();
  }
}
