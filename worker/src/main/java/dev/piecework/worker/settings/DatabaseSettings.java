package dev.piecework.worker.settings;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Where the database is.
 *
 * @param url {@code jdbc:postgresql:...} or {@code jdbc:h2:...}; has no default
 * @param username to log in with
 * @param password to log in with
 * @param passwordFile a file that holds the password instead; read again for each connection
 * @param connectTimeout how long the start waits for the database before it gives up
 */
@ConfigurationProperties("piecework.database")
public record DatabaseSettings(
    @DefaultValue("") String url,
    @DefaultValue("piecework") String username,
    @DefaultValue("") String password,
    @DefaultValue("") String passwordFile,
    @DefaultValue("20s") Duration connectTimeout) {

  /** Validates. */
  public DatabaseSettings {
    if (!url.startsWith("jdbc:postgresql:") && !url.startsWith("jdbc:h2:")) {
      throw new IllegalArgumentException(
          url.isEmpty()
              ? "piecework.database.url (PIECEWORK_DATABASE_URL) is not set: expected jdbc:postgresql://host/database or jdbc:h2:..."
              : "piecework.database.url (PIECEWORK_DATABASE_URL) begins with neither jdbc:postgresql: nor jdbc:h2:, the databases that are supported");
    }
    password = Secrets.read("piecework.database.password", password, passwordFile);
    Checks.atLeast("piecework.database.connect-timeout", connectTimeout, Duration.ofMillis(250));
  }

  /**
   * The password as it is now: a file that holds it is read again.
   *
   * @throws IllegalArgumentException if that file cannot be read
   */
  public String currentPassword() {
    return passwordFile.isEmpty()
        ? password
        : Secrets.read("piecework.database.password", "", passwordFile);
  }

  /** Whether it is PostgreSQL; otherwise it is H2. */
  public boolean postgresql() {
    return url.startsWith("jdbc:postgresql:");
  }

  /** The database's name, as it stands at the end of the address. */
  public String databaseName() {
    String address = address();
    return address.substring(address.lastIndexOf(address.contains("/") ? '/' : ':') + 1);
  }

  /** The URL without its parameters, where a password might stand: for logs. */
  public String address() {
    int end = url.length();
    for (int i = 0; i < url.length(); i++) {
      if (url.charAt(i) == '?' || url.charAt(i) == ';') {
        end = i;
        break;
      }
    }
    return url.substring(0, end).replaceFirst("//[^/@]*@", "//");
  }

  @Override
  public String toString() {
    return "DatabaseSettings[" + address() + "]";
  }
}
