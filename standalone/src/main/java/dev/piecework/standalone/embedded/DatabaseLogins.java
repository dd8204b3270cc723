package dev.piecework.standalone.embedded;

import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;

/**
 * Who may open a database. In H2 an administrator may run any Java code in the process that has the
 * database open (CREATE ALIAS, RUNSCRIPT, linked tables, files): only this process is one. Whoever
 * works with the tables may make, change and drop tables, and no more.
 *
 * @param admin of the database; leaves this process never
 * @param user for workers
 */
record DatabaseLogins(Login admin, Login user) {
  private static final String ADMIN = "piecework_admin";
  private static final String USER = "piecework";

  /** Those kept in a file that only its owner can read; made where there is none. */
  static DatabaseLogins load(Path file) throws IOException {
    if (Files.exists(file)) {
      Properties kept = new Properties();
      kept.load(new StringReader(Files.readString(file)));
      String admin = kept.getProperty(ADMIN, "");
      String user = kept.getProperty(USER, "");
      if (!admin.isEmpty() && !user.isEmpty()) {
        return new DatabaseLogins(new Login(ADMIN, admin), new Login(USER, user));
      }
    }
    DatabaseLogins made = new DatabaseLogins(Login.random(ADMIN), Login.random(USER));
    SecretFile.write(
        file, "%s=%s%n%s=%s%n".formatted(ADMIN, made.admin.secret(), USER, made.user.secret()));
    return made;
  }
}
