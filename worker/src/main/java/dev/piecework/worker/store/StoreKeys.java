package dev.piecework.worker.store;

import io.minio.credentials.Credentials;
import io.minio.credentials.Provider;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The keys of the settings. Files that hold them are read again every few seconds, and at once when
 * the store has refused them, so that keys may be changed while the worker runs.
 */
final class StoreKeys implements Provider {
  private static final Logger log = LoggerFactory.getLogger(StoreKeys.class);
  private static final Duration TRUST = Duration.ofSeconds(5);

  private final StoreSettings settings;
  private final boolean files;
  private final ReentrantLock lock = new ReentrantLock();
  private Credentials keys;
  private long readAt;
  private String complaint = "";

  /**
   * @throws IllegalArgumentException if a file cannot be read now
   */
  StoreKeys(StoreSettings settings) {
    this.settings = settings;
    this.files = !(settings.accessKeyFile() + settings.secretKeyFile()).isBlank();
    this.keys = read();
    this.readAt = System.nanoTime();
  }

  @Override
  public Credentials fetch() {
    lock.lock();
    try {
      if (files && System.nanoTime() - readAt > TRUST.toNanos()) {
        readAgain();
      }
      return keys;
    } finally {
      lock.unlock();
    }
  }

  /** Reads them again: the store has refused them. */
  void refused() {
    lock.lock();
    try {
      if (files) {
        readAgain();
      }
    } finally {
      lock.unlock();
    }
  }

  private void readAgain() {
    readAt = System.nanoTime();
    try {
      Credentials fresh = read();
      if (!fresh.accessKey().equals(keys.accessKey())
          || !fresh.secretKey().equals(keys.secretKey())) {
        log.info("the keys of the object store have changed: using the new ones");
      }
      keys = fresh;
      complaint = "";
    } catch (IllegalArgumentException e) {
      // A file that is being replaced is away for a moment.
      String why = String.valueOf(e.getMessage());
      if (!why.equals(complaint)) {
        log.warn("cannot read the keys of the object store again: {}. The old ones are used", why);
        complaint = why;
      }
    }
  }

  @SuppressWarnings("NullAway") // No session token, no expiry.
  private Credentials read() {
    return new Credentials(settings.resolveAccessKey(), settings.resolveSecretKey(), null, null);
  }

  /** The provider, if it is one of these. */
  static Optional<StoreKeys> of(Provider provider) {
    return provider instanceof StoreKeys keys ? Optional.of(keys) : Optional.empty();
  }
}
