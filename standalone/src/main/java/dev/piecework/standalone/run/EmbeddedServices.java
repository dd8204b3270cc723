package dev.piecework.standalone.run;

import dev.piecework.cli.broker.BrokerSettings;
import dev.piecework.standalone.embedded.EmbeddedBroker;
import dev.piecework.standalone.embedded.EmbeddedDatabase;
import dev.piecework.standalone.embedded.EmbeddedServiceException;
import dev.piecework.standalone.embedded.EmbeddedStore;
import dev.piecework.standalone.embedded.Login;
import dev.piecework.standalone.embedded.Loopback;
import dev.piecework.standalone.store.FolderBlobStore;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** What a worker needs beside itself, for the time of one {@code run}. */
final class EmbeddedServices implements AutoCloseable {
  private final EmbeddedBroker broker;
  private final Login brokerLogin;
  private final EmbeddedDatabase database;
  private final EmbeddedStore store;

  private EmbeddedServices(
      EmbeddedBroker broker, Login brokerLogin, EmbeddedDatabase database, EmbeddedStore store) {
    this.broker = broker;
    this.brokerLogin = brokerLogin;
    this.database = database;
    this.store = store;
  }

  /** Starts them all, or none. */
  static EmbeddedServices start(RunFolder folder) throws EmbeddedServiceException {
    // Earlier versions made databases whose administrator had no password.
    Login former = new Login("piecework", "");
    EmbeddedDatabase database =
        EmbeddedDatabase.inProcess(folder.state("database/jobs"), Optional.of(former));
    try {
      FolderBlobStore files =
          new FolderBlobStore(
              folder.state("buckets"),
              folder.state("staging"),
              RunFolder::isWritable,
              folder.own());
      EmbeddedStore store = EmbeddedStore.start(files, 0, Login.random("piecework"));
      try {
        Login brokerLogin = Login.random("piecework");
        EmbeddedBroker broker =
            EmbeddedBroker.inMemory(folder.state("broker"), Loopback.freePort(), brokerLogin);
        return new EmbeddedServices(broker, brokerLogin, database, store);
      } catch (EmbeddedServiceException | IOException | RuntimeException e) {
        store.close();
        throw e;
      }
    } catch (IOException e) {
      database.close();
      throw new EmbeddedServiceException(
          "the embedded services did not start in %s: %s"
              .formatted(folder.content(), e.getMessage()),
          e);
    } catch (EmbeddedServiceException | RuntimeException e) {
      database.close();
      throw e;
    }
  }

  /** The database, for what must be settled before a worker looks at it. */
  EmbeddedDatabase database() {
    return database;
  }

  /** How a producer reaches the broker. */
  BrokerSettings brokerSettings() {
    return new BrokerSettings(
        Loopback.ADDRESS,
        broker.port(),
        false,
        "/",
        brokerLogin.user(),
        brokerLogin.secret(),
        Optional.empty());
  }

  /** How a worker reaches them all. */
  Map<String, Object> workerProperties() {
    Map<String, Object> properties = new LinkedHashMap<>();
    properties.put(
        "piecework.broker.uri", "amqp://%s:%d".formatted(Loopback.ADDRESS, broker.port()));
    properties.put("piecework.broker.username", brokerLogin.user());
    properties.put("piecework.broker.password", brokerLogin.secret());
    properties.put("piecework.database.url", database.url());
    properties.put("piecework.database.username", database.login().user());
    properties.put("piecework.database.password", database.login().secret());
    properties.put("piecework.store.endpoint", store.endpoint().toString());
    properties.put("piecework.store.access-key", store.login().user());
    properties.put("piecework.store.secret-key", store.login().secret());
    // Nobody watches the worker of one download, and it takes no port for that.
    properties.put("piecework.http.enabled", false);
    return properties;
  }

  @Override
  public void close() throws EmbeddedServiceException {
    try (database;
        broker) {
      store.close();
    }
  }
}
