package dev.piecework.standalone.services;

import dev.piecework.standalone.embedded.Login;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Who may use the services: made at random the first time, and read again from the environment file
 * afterwards, since the database keeps asking for the password it was made with.
 */
record ServiceLogins(Login broker, Login database, Login store) {
  private static final Pattern EXPORT = Pattern.compile("export ([A-Z0-9_]+)='?([^']*)'?");

  /** From the file, where it has all of them; new ones otherwise. */
  static ServiceLogins load(Path environmentFile) throws IOException {
    Map<String, String> known = new HashMap<>();
    if (Files.exists(environmentFile)) {
      for (String line : Files.readAllLines(environmentFile)) {
        Matcher matcher = EXPORT.matcher(line);
        if (matcher.matches()) {
          known.put(matcher.group(1), matcher.group(2));
        }
      }
    }
    return new ServiceLogins(
        login(known, "PIECEWORK_BROKER_USERNAME", "PIECEWORK_BROKER_PASSWORD"),
        login(known, "PIECEWORK_DATABASE_USERNAME", "PIECEWORK_DATABASE_PASSWORD"),
        login(known, "PIECEWORK_STORE_ACCESS_KEY", "PIECEWORK_STORE_SECRET_KEY"));
  }

  private static Login login(Map<String, String> known, String user, String secret) {
    return Optional.ofNullable(known.get(secret))
        .map(old -> new Login(known.getOrDefault(user, "piecework"), old))
        .orElseGet(() -> Login.random("piecework"));
  }
}
