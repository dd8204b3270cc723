package dev.piecework.standalone.embedded;

import java.security.SecureRandom;
import java.util.HexFormat;

/**
 * A name and a secret for one embedded service.
 *
 * @param user letters and digits
 * @param secret letters and digits; never logged
 */
public record Login(String user, String secret) {
  private static final int SECRET_BYTES = 20;

  /** A login with a secret nobody can guess. */
  public static Login random(String user) {
    byte[] bytes = new byte[SECRET_BYTES];
    new SecureRandom().nextBytes(bytes);
    return new Login(user, HexFormat.of().formatHex(bytes));
  }

  /** Without the secret, so that it reaches no log. */
  @Override
  public String toString() {
    return user + ":***";
  }
}
