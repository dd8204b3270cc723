package dev.piecework.cli.broker;

import dev.piecework.cli.CliException;
import dev.piecework.exit.ExitCode;
import dev.piecework.tls.TrustedAuthorities;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * Where the broker is, and who we are. The same settings as the worker's.
 *
 * @param host name or address
 * @param port TCP port
 * @param tls whether the connection is encrypted
 * @param virtualHost as the broker names it
 * @param username for logging in
 * @param password for logging in
 * @param caFile certificates of authorities to believe beside those that Java knows
 */
public record BrokerSettings(
    String host,
    int port,
    boolean tls,
    String virtualHost,
    String username,
    String password,
    Optional<Path> caFile) {
  /** Environment variable of the address. */
  public static final String URI_VARIABLE = "PIECEWORK_BROKER_URI";

  /** Environment variable of the user. */
  public static final String USERNAME_VARIABLE = "PIECEWORK_BROKER_USERNAME";

  /** Environment variable of the password. */
  public static final String PASSWORD_VARIABLE = "PIECEWORK_BROKER_PASSWORD";

  /** Environment variable that names a file with the password. */
  public static final String PASSWORD_FILE_VARIABLE = "PIECEWORK_BROKER_PASSWORD_FILE";

  /** Environment variable that names a file of certificates. */
  public static final String CA_FILE_VARIABLE = "PIECEWORK_BROKER_CA_FILE";

  private static final String DEFAULT_URI = "amqp://127.0.0.1:5672/%2f";
  private static final String DEFAULT_LOGIN = "guest";
  private static final String EXPECTED = "amqp://host[:port][/vhost] or amqps://...";
  private static final long MAX_PASSWORD_FILE_BYTES = 64 << 10;

  /**
   * Settles what applies: a flag before the environment before the default.
   *
   * @param uri the flag's value, if it was given
   * @param username the flag's value, if it was given
   * @param passwordFile the flag's value, if it was given
   * @param caFile the flag's value, if it was given
   * @param environment variables
   * @throws CliException when one of them is wrong
   */
  public static BrokerSettings of(
      Optional<String> uri,
      Optional<String> username,
      Optional<Path> passwordFile,
      Optional<Path> caFile,
      Map<String, String> environment) {
    String origin = uri.isPresent() ? "--broker" : URI_VARIABLE;
    ExitCode fault = uri.isPresent() ? ExitCode.USAGE : ExitCode.BAD_CONFIGURATION;
    URI address =
        address(
            origin, fault, uri.or(() -> variable(environment, URI_VARIABLE)).orElse(DEFAULT_URI));
    String[] login = Optional.ofNullable(address.getUserInfo()).orElse("").split(":", 2);
    if (uri.isPresent() && address.getUserInfo() != null) {
      throw new CliException(
          ExitCode.USAGE,
          "--broker holds a user name or a password, and every user of this machine can read a"
              + " command's arguments; set "
              + USERNAME_VARIABLE
              + " and "
              + PASSWORD_VARIABLE
              + " (or "
              + PASSWORD_FILE_VARIABLE
              + ") instead");
    }
    boolean tls = "amqps".equals(address.getScheme());
    String path = Optional.ofNullable(address.getPath()).orElse("");
    return new BrokerSettings(
        address.getHost(),
        address.getPort() != -1 ? address.getPort() : tls ? 5671 : 5672,
        tls,
        path.length() <= 1 ? "/" : path.substring(1),
        username
            .or(() -> variable(environment, USERNAME_VARIABLE))
            .orElse(login[0].isEmpty() ? DEFAULT_LOGIN : login[0]),
        password(passwordFile, environment)
            .orElse(login.length < 2 || login[1].isEmpty() ? DEFAULT_LOGIN : login[1]),
        caFile.or(() -> variable(environment, CA_FILE_VARIABLE).map(Path::of)));
  }

  /**
   * Whom to believe when the connection is encrypted.
   *
   * @throws CliException when the file with certificates is no such file
   */
  TrustedAuthorities authorities() {
    try {
      return caFile
          .map(file -> TrustedAuthorities.with(CA_FILE_VARIABLE + " (or --broker-ca-file)", file))
          .orElseGet(TrustedAuthorities::ofJava);
    } catch (IllegalArgumentException e) {
      throw new CliException(ExitCode.BAD_CONFIGURATION, String.valueOf(e.getMessage()));
    }
  }

  /**
   * Checks an address that is written in a file, where no password may be.
   *
   * @param origin what names it, for the complaint
   * @throws CliException with {@link ExitCode#BAD_CONFIGURATION} when it is none, or holds one
   */
  public static void checkAddress(String origin, String text) {
    if (address(origin, ExitCode.BAD_CONFIGURATION, text).getUserInfo() != null) {
      throw new CliException(
          ExitCode.BAD_CONFIGURATION,
          origin
              + " holds a user name or a password: use broker.username and broker.password-file");
    }
  }

  private static URI address(String origin, ExitCode fault, String text) {
    try {
      URI address = new URI(text);
      boolean known = "amqp".equals(address.getScheme()) || "amqps".equals(address.getScheme());
      if (known && address.getHost() != null) {
        return address;
      }
    } catch (URISyntaxException e) {
      // Falls through: the text may hold a password and must not be repeated.
    }
    throw new CliException(fault, origin + " is not a broker's address: expected " + EXPECTED);
  }

  private static Optional<String> password(Optional<Path> flag, Map<String, String> environment) {
    Optional<String> value = variable(environment, PASSWORD_VARIABLE);
    Optional<Path> file =
        flag.or(() -> variable(environment, PASSWORD_FILE_VARIABLE).map(Path::of));
    if (file.isEmpty() || (flag.isEmpty() && value.isPresent())) {
      if (file.isPresent()) {
        throw new CliException(
            ExitCode.BAD_CONFIGURATION,
            PASSWORD_VARIABLE
                + " and "
                + PASSWORD_FILE_VARIABLE
                + " are both set: set one of them");
      }
      return value;
    }
    Path path = file.get();
    try {
      if (Files.size(path) > MAX_PASSWORD_FILE_BYTES) {
        throw new CliException(
            ExitCode.BAD_CONFIGURATION,
            "the broker's password file "
                + path
                + " has more than "
                + MAX_PASSWORD_FILE_BYTES
                + " bytes: expected a file that holds only the password");
      }
      return Optional.of(Files.readString(path).replaceFirst("\\R\\z", ""));
    } catch (IOException e) {
      throw new CliException(
          ExitCode.BAD_CONFIGURATION,
          "the broker's password file "
              + path
              + " cannot be read ("
              + e.getClass().getSimpleName()
              + "): expected a readable text file; correct "
              + (flag.isPresent() ? "--broker-password-file" : PASSWORD_FILE_VARIABLE));
    }
  }

  private static Optional<String> variable(Map<String, String> environment, String name) {
    return Optional.ofNullable(environment.get(name)).filter(value -> !value.isEmpty());
  }

  /** The address without user and password. */
  public String address() {
    return (tls ? "amqps://" : "amqp://")
        + host
        + ":"
        + port
        + "/"
        + (virtualHost.equals("/") ? "%2f" : virtualHost);
  }

  @Override
  public String toString() {
    return "BrokerSettings[" + address() + "]";
  }
}
