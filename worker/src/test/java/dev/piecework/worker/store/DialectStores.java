package dev.piecework.worker.store;

import java.util.HashMap;
import java.util.Map;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

/** Impatient clients of a {@link DialectServer}. */
public final class DialectStores {
  private DialectStores() {}

  /**
   * @param settings instead of the defaults
   */
  public static ObjectStore store(DialectServer server, Map<String, String> settings) {
    return new ObjectStore(settings(server, settings), ObjectSettings.none());
  }

  /** Settings instead of the defaults, and where the server is. */
  public static StoreSettings settings(DialectServer server, Map<String, String> settings) {
    Map<String, String> all = new HashMap<>();
    all.put("piecework.store.endpoint", server.endpoint().toString());
    all.put("piecework.store.access-key", "key");
    all.put("piecework.store.secret-key", "secret");
    all.put("piecework.store.retry-delay", "1ms");
    all.put("piecework.store.max-retry-delay", "20ms");
    all.put("piecework.store.outage-wait", "0s");
    all.put("piecework.store.learn", "false");
    all.putAll(settings);
    return new Binder(new MapConfigurationPropertySource(all))
        .bindOrCreate("piecework.store", StoreSettings.class);
  }
}
