package dev.piecework.standalone.services;

import dev.piecework.cli.broker.BrokerSettings;
import dev.piecework.standalone.embedded.EmbeddedBroker;
import dev.piecework.standalone.embedded.EmbeddedDatabase;
import dev.piecework.standalone.embedded.EmbeddedServiceException;
import dev.piecework.standalone.embedded.EmbeddedStore;
import dev.piecework.standalone.embedded.Loopback;
import dev.piecework.standalone.embedded.SecretFile;
import dev.piecework.standalone.store.FolderBlobStore;
import dev.piecework.standalone.store.Placement;
import dev.piecework.worker.scratch.PrivateFolder;
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
 * services, and {@code state} is theirs. No other user of the machine can read any of it, and
 * without the logins in {@code env} the ports that every user can reach give nothing.
 */
public final class LocalServices implements AutoCloseable {
  private final Path folder;
  private final FileChannel lock;
  private final EmbeddedBroker broker;
  private final EmbeddedDatabase database;
  private final EmbeddedStore store;
  private final ServiceLogins logins;

  /** Of the data folder, what only this user can enter. */
  private static final String STATE = "state";

  private static final String BUCKETS = "buckets";

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
   * Makes the folders, which only this user can enter: whoever reads or changes the services' files
   * needs no login. To be called before anything else is put there.
   *
   * @return the data folder; absolute
   */
  static Path prepare(Path folder) throws EmbeddedServiceException {
    Path data = folder.toAbsolutePath().normalize();
    try {
      PrivateFolder.trusted(data);
      PrivateFolder.own(data.resolve(STATE));
      PrivateFolder.own(data.resolve(BUCKETS));
      return data;
    } catch (PrivateFolder.RefusedException e) {
      throw new EmbeddedServiceException(
          "cannot use the data folder %s: %s. Choose another one with --data, or delete that"
              .formatted(e.getFile(), e.getReason()),
          e);
    } catch (IOException e) {
      throw unusable(data, e);
    }
  }

  private static EmbeddedServiceException unusable(Path data, IOException e) {
    return new EmbeddedServiceException(
        "cannot use the data folder %s (%s: %s): make it writable, or choose another one"
            .formatted(data, e.getClass().getSimpleName(), e.getMessage()),
        e);
  }

  /**
   * Starts them all, or none.
   *
   * @param folder for their data; made if it is missing
   * @param bucket made if it is missing
   */
  public static LocalServices start(Path folder, ServicePorts ports, String bucket)
      throws EmbeddedServiceException {
    Path data = prepare(folder);
    Path state = data.resolve(STATE);
    Unwinding started = new Unwinding();
    try {
      Files.createDirectories(data.resolve(BUCKETS).resolve(bucket));
      FileChannel lock = started.add(lock(data, state.resolve("lock")));
      ServiceLogins logins = ServiceLogins.load(state.resolve("logins"), data.resolve("env"));
      EmbeddedDatabase database =
          started.add(
              EmbeddedDatabase.served(
                  state.resolve("database/jobs"), ports.database(), logins.formerDatabase()));
      EmbeddedStore store =
          started.add(
              EmbeddedStore.start(
                  new FolderBlobStore(
                      data.resolve(BUCKETS),
                      state.resolve("staging"),
                      _ -> true,
                      Placement.REPLACING),
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
      throw unusable(data, e);
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
    variables.put("PIECEWORK_DATABASE_USERNAME", database.login().user());
    variables.put("PIECEWORK_DATABASE_PASSWORD", database.login().secret());
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
