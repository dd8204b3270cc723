package dev.piecework.cli;

import dev.piecework.cli.broker.BrokerSettings;
import dev.piecework.exit.ExitCode;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The user's configuration file: lines of {@code key = value}. Each key stands for an environment
 * variable, and counts where that one is not set; so an option wins over the environment, and the
 * environment over the file.
 */
final class ConfigFile {
  /** Environment variable that names the file. */
  static final String VARIABLE = "PIECEWORK_CONFIG";

  static final String BUCKET_VARIABLE = "PIECEWORK_BUCKET";
  static final String PREFIX_VARIABLE = "PIECEWORK_PREFIX";
  static final String OUTPUT_VARIABLE = "PIECEWORK_OUTPUT";

  private static final String PASSWORD_FILE = "broker.password-file";
  private static final String CA_FILE = "broker.ca-file";
  private static final long MAX_BYTES = 1 << 20;

  private static final Map<String, String> VARIABLES =
      new LinkedHashMap<>(
          Map.of(
              "broker.uri",
              BrokerSettings.URI_VARIABLE,
              "broker.username",
              BrokerSettings.USERNAME_VARIABLE,
              PASSWORD_FILE,
              BrokerSettings.PASSWORD_FILE_VARIABLE,
              CA_FILE,
              BrokerSettings.CA_FILE_VARIABLE,
              "bucket",
              BUCKET_VARIABLE,
              "prefix",
              PREFIX_VARIABLE,
              "output",
              OUTPUT_VARIABLE));

  private ConfigFile() {}

  /**
   * The environment with what the file adds to it.
   *
   * @param flag the file that {@code --config} names, if it does
   * @throws CliException with {@link ExitCode#BAD_CONFIGURATION} when the file is wrong, or was
   *     named and is not there
   */
  static Map<String, String> apply(Optional<String> flag, Map<String, String> environment) {
    Optional<String> named = flag.or(() -> variable(environment, VARIABLE));
    Optional<Path> path = named.map(ConfigFile::path).or(() -> usual(environment));
    if (path.isEmpty()) {
      return environment;
    }
    Map<String, String> merged = new HashMap<>(environment);
    read(path.get(), named.isPresent())
        .forEach((key, value) -> add(key, value, path.get(), merged));
    return merged;
  }

  private static void add(String key, String value, Path file, Map<String, String> merged) {
    if (key.equals(CA_FILE)) {
      merged.putIfAbsent(VARIABLES.get(key), place(value, file, merged).toString());
    } else if (!key.equals(PASSWORD_FILE)) {
      merged.putIfAbsent(VARIABLES.get(key), value);
    } else if (!merged.containsKey(BrokerSettings.PASSWORD_VARIABLE)) {
      merged.putIfAbsent(VARIABLES.get(key), place(value, file, merged).toString());
    }
  }

  /** A path in the file is meant from where the file is; {@code ~/} is the home folder. */
  private static Path place(String value, Path file, Map<String, String> environment) {
    Optional<String> home = variable(environment, "HOME");
    return value.startsWith("~/") && home.isPresent()
        ? Path.of(home.get(), value.substring(2))
        : file.toAbsolutePath().resolveSibling(value);
  }

  private static Optional<Path> usual(Map<String, String> environment) {
    return variable(environment, "XDG_CONFIG_HOME")
        .map(Path::of)
        .or(() -> variable(environment, "HOME").map(home -> Path.of(home, ".config")))
        .map(folder -> folder.resolve("piecework").resolve("config"));
  }

  private static Optional<String> variable(Map<String, String> environment, String name) {
    return Optional.ofNullable(environment.get(name)).filter(value -> !value.isEmpty());
  }

  private static Path path(String name) {
    try {
      return Path.of(name);
    } catch (InvalidPathException e) {
      throw bad(name, "is not a file name (" + e.getReason() + ")");
    }
  }

  private static Map<String, String> read(Path path, boolean required) {
    List<String> lines;
    try {
      if (Files.isRegularFile(path) && Files.size(path) > MAX_BYTES) {
        throw bad(path.toString(), "has more than " + MAX_BYTES + " bytes");
      }
      lines = Files.readAllLines(path);
    } catch (NoSuchFileException e) {
      if (required) {
        throw bad(path.toString(), "does not exist: correct --config or " + VARIABLE);
      }
      return Map.of();
    } catch (MalformedInputException e) {
      throw bad(path.toString(), "is not text in UTF-8");
    } catch (IOException e) {
      throw bad(
          path.toString(),
          "cannot be read (" + e.getClass().getSimpleName() + "): check its permissions");
    }
    Map<String, String> values = new LinkedHashMap<>();
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i).strip();
      if (!line.isEmpty() && !line.startsWith("#")) {
        String place = path + ":" + (i + 1);
        Map.Entry<String, String> entry = entry(place, line);
        if (!seen.add(entry.getKey())) {
          throw bad(place, "has " + entry.getKey() + " a second time");
        }
        values.put(entry.getKey(), entry.getValue());
      }
    }
    return values;
  }

  private static Map.Entry<String, String> entry(String place, String line) {
    // A line is not quoted: it may hold what should not be there.
    int equals = line.indexOf('=');
    if (equals < 1) {
      throw bad(place, "is not \"key = value\"");
    }
    String key = line.substring(0, equals).strip();
    String value = line.substring(equals + 1).strip();
    if (key.equals("broker.password")) {
      throw bad(
          place,
          "holds a password: put it into a file of its own that only you may read, and name that by "
              + PASSWORD_FILE);
    }
    if (!VARIABLES.containsKey(key)) {
      throw bad(
          place,
          "has the unknown key \"%s\": did you mean %s? There are %s"
              .formatted(
                  key,
                  nearest(key),
                  String.join(", ", VARIABLES.keySet().stream().sorted().toList())));
    }
    if (value.isEmpty()) {
      throw bad(place, "gives " + key + " no value");
    }
    if (key.equals("broker.uri")) {
      BrokerSettings.checkAddress(place + ": broker.uri", value);
    }
    return Map.entry(key, value);
  }

  private static String nearest(String key) {
    return VARIABLES.keySet().stream()
        .sorted()
        .min(Comparator.comparingInt(known -> distance(key, known)))
        .orElseThrow();
  }

  /** Levenshtein's: single characters to insert, delete or replace. */
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }

  private static CliException bad(String place, String problem) {
    return new CliException(
        ExitCode.BAD_CONFIGURATION, "the configuration file " + place + " " + problem);
  }
}
