package dev.piecework.standalone.services;

import dev.piecework.standalone.embedded.Login;
import dev.piecework.standalone.embedded.SecretFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Who may use the broker and the store: made at random the first time, and kept in a file of the
 * state folder, so that workers that run stay welcome when the services are started again. The
 * database keeps its own beside itself.
 *
 * @param formerDatabase the administrator of a database that an earlier version made
 */
record ServiceLogins(Login broker, Login store, Optional<Login> formerDatabase) {
  private static final Pattern EXPORT = Pattern.compile("export ([A-Z0-9_]+)='?([^']*)'?");
  private static final String BROKER = "PIECEWORK_BROKER_PASSWORD";
  private static final String STORE = "PIECEWORK_STORE_SECRET_KEY";
  private static final String DATABASE = "PIECEWORK_DATABASE_PASSWORD";

  /**
   * From the file; where there is none, from the environment file, where an earlier version kept
   * them; new ones otherwise.
   */
  static ServiceLogins load(Path file, Path environmentFile) throws IOException {
    Map<String, String> known = new HashMap<>();
    if (isOwn(file)) {
      read(file, known);
    } else if (isOwn(environmentFile)) {
      read(environmentFile, known);
    }
    ServiceLogins logins =
        new ServiceLogins(
            login(known, "PIECEWORK_BROKER_USERNAME", BROKER),
            login(known, "PIECEWORK_STORE_ACCESS_KEY", STORE),
            Optional.ofNullable(known.get(DATABASE)).map(secret -> new Login("piecework", secret)));
    if (!isOwn(file)) {
      // With the former one: the database may be changed only after this.
      StringBuilder text = new StringBuilder();
      append(text, "PIECEWORK_BROKER_USERNAME", logins.broker.user());
      append(text, BROKER, logins.broker.secret());
      append(text, "PIECEWORK_STORE_ACCESS_KEY", logins.store.user());
      append(text, STORE, logins.store.secret());
      logins.formerDatabase.ifPresent(former -> append(text, DATABASE, former.secret()));
      SecretFile.write(file, text.toString());
    }
    return logins;
  }

  /** Whether there is such a file, and not one that somebody else put there. */
  private static boolean isOwn(Path file) throws IOException {
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      return false;
    }
    Path state = file.resolveSibling("state");
    Path own = Files.exists(state) ? state : file.toAbsolutePath().getParent();
    return Files.getOwner(file, LinkOption.NOFOLLOW_LINKS).equals(Files.getOwner(own));
  }

  private static void read(Path file, Map<String, String> known) throws IOException {
    for (String line : Files.readAllLines(file)) {
      Matcher matcher = EXPORT.matcher(line);
      if (matcher.matches()) {
        known.put(matcher.group(1), matcher.group(2));
      }
    }
  }

  private static void append(StringBuilder text, String name, String value) {
    text.append("export %s='%s'%n".formatted(name, value));
  }

  private static Login login(Map<String, String> known, String user, String secret) {
    return Optional.ofNullable(known.get(secret))
        .map(old -> new Login(known.getOrDefault(user, "piecework"), old))
        .orElseGet(() -> Login.random("piecework"));
  }
}
