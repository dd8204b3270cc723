package dev.piecework.worker.start;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;
import org.springframework.util.unit.DataSize;

/**
 * Every setting does something: its variable changes that component of its record and no other, and
 * the component is read by the code.
 */
class SettingsBindingTest {
  private static final Path SOURCES = Path.of("src", "main", "java");
  private static final Map<String, String> IAM =
      Map.of(
          "piecework.store.credentials", "iam",
          "piecework.store.access-key", "",
          "piecework.store.secret-key", "");

  /** What must be set beside a setting for it to be accepted; an empty text takes it away. */
  private static final Map<String, Map<String, String>> BESIDE =
      Map.of(
          "piecework.objects.kms-key-id",
          Map.of("piecework.objects.encryption", "sse-kms"),
          "piecework.store.sts-endpoint",
          IAM,
          "piecework.store.credentials",
          IAM,
          "piecework.store.access-key-file",
          Map.of("piecework.store.access-key", ""),
          "piecework.store.secret-key-file",
          Map.of("piecework.store.secret-key", ""));

  /** Settings without which what goes with them is refused, so that only they are looked at. */
  private static final Set<String> INSTEAD_OF_OTHERS =
      Set.of(
          "piecework.store.credentials",
          "piecework.store.access-key-file",
          "piecework.store.secret-key-file");

  /** Settings by which another component of the record changes too. */
  private static final Map<String, Set<String>> CHANGES_TOO =
      Map.of(
          "piecework.database.password-file", Set.of("password"),
          "piecework.broker.password-file", Set.of("password"));

  @TempDir Path folder;

  static Stream<Class<?>> records() throws Exception {
    return SettingsPage.records().stream();
  }

  @ParameterizedTest
  @MethodSource("records")
  void theVariableOfEachSettingChangesItAndNoOther(Class<?> settings) throws Exception {
    RecordComponent[] components = settings.getRecordComponents();
    List<String> names = UnknownSettings.names(settings);
    for (int i = 0; i < components.length; i++) {
      String name = names.get(i);
      Map<String, String> beside = new HashMap<>(BESIDE.getOrDefault(name, Map.of()));
      beside.remove(name);
      boolean alone = INSTEAD_OF_OTHERS.contains(name);
      Object standard = bind(settings, alone ? Map.of() : beside).orElseThrow();
      Changed changed = changed(settings, components[i], name, standard, beside);
      for (RecordComponent other : components) {
        Object before = value(other, standard);
        Object after = value(other, changed.settings());
        if (other == components[i]) {
          assertThat(after).as("%s=%s", name, changed.text()).isNotEqualTo(before);
        } else if (!alone && !CHANGES_TOO.getOrDefault(name, Set.of()).contains(other.getName())) {
          assertThat(after).as("%s beside %s", other.getName(), name).isEqualTo(before);
        }
      }
    }
  }

  @Test
  void theCodeReadsEachSetting() throws Exception {
    List<String> sources = new ArrayList<>();
    try (Stream<Path> files = Files.walk(SOURCES)) {
      files
          .filter(path -> path.toString().endsWith(".java"))
          .forEach(path -> sources.add(read(path)));
    }
    List<String> unread = new ArrayList<>();
    for (Class<?> settings : SettingsPage.records()) {
      String own = read(SOURCES.resolve(settings.getName().replace('.', '/') + ".java"));
      String body = own.substring(own.indexOf("  public " + settings.getSimpleName()));
      for (RecordComponent component : settings.getRecordComponents()) {
        String name = component.getName();
        boolean read =
            sources.stream()
                .anyMatch(source ->
                    source.contains("." + name + "()")
                        || source.contains(settings.getSimpleName() + "::" + name));
        // Or by a method of the record that makes something else of it, beside the checks.
        boolean inside = body.lines().anyMatch(line -> uses(line, name));
        if (!read && !inside) {
          unread.add(settings.getSimpleName() + "." + name);
        }
      }
    }

    assertThat(unread).isEmpty();
  }

  private static boolean uses(String line, String name) {
    return line.matches(".*\\b" + name + "\\b.*") && !line.contains("Checks.");
  }

  private record Changed(String text, Object settings) {}

  /**
   * The record with another value of one component, of those that may be told from the standard.
   */
  private Changed changed(
      Class<?> settings,
      RecordComponent component,
      String name,
      Object standard,
      Map<String, String> beside)
      throws IOException {
    Object before = value(component, standard);
    String given = name.replace(".*", ".NAME");
    for (String text : candidates(component.getType(), before)) {
      Map<String, String> properties = new HashMap<>(beside);
      properties.put(given, text);
      Optional<Object> bound = bind(settings, properties);
      if (bound.isPresent() && !value(component, bound.get()).equals(before)) {
        return new Changed(text, bound.get());
      }
    }
    throw new AssertionError("no other value is accepted for " + name + " than " + before);
  }

  private List<String> candidates(Class<?> type, Object before) throws IOException {
    if (type == boolean.class) {
      return List.of(String.valueOf(!(Boolean) before));
    }
    if (type.isEnum()) {
      return Arrays.stream(type.getEnumConstants()).map(Object::toString).toList();
    }
    if (before instanceof Number number) {
      return List.of(
          String.valueOf(number.longValue() + 1),
          String.valueOf(number.longValue() - 1),
          String.valueOf(number.doubleValue() / 2));
    }
    if (before instanceof Duration duration) {
      return List.of(
          duration.plusSeconds(1).toMillis() + "ms",
          duration.minusMillis(1).toMillis() + "ms",
          "1h");
    }
    if (before instanceof DataSize size) {
      return List.of((size.toBytes() + (1 << 20)) + "B", (size.toBytes() - 1) + "B", "1GB");
    }
    Path file = Files.writeString(folder.resolve("secret"), "text");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    return List.of(
        "other",
        "json",
        "10.1.2.3",
        "10.1.2.0/24",
        "http://127.0.0.1:2",
        "amqp://127.0.0.1:2",
        "jdbc:h2:mem:other",
        "1-2",
        file.toString(),
        folder.toString());
  }

  private static Optional<Object> bind(Class<?> settings, Map<String, String> properties) {
    Map<String, Object> given = new HashMap<>();
    SettingsPage.NEEDED.forEach((name, value) -> given.put(UnknownSettings.variable(name), value));
    properties.forEach((name, value) -> given.put(UnknownSettings.variable(name), value));
    given.values().removeIf(""::equals);
    StandardEnvironment environment = new StandardEnvironment();
    environment.getPropertySources().remove("systemProperties");
    environment
        .getPropertySources()
        .replace(
            "systemEnvironment", new SystemEnvironmentPropertySource("systemEnvironment", given));
    ConfigurationPropertySources.attach(environment);
    try {
      return Optional.of(
          Binder.get(environment)
              .bindOrCreate(SettingsPage.prefix(settings), Bindable.of(settings)));
    } catch (BindException e) {
      return Optional.empty();
    }
  }

  private static Object value(RecordComponent component, Object settings) {
    try {
      component.getAccessor().setAccessible(true);
      return Objects.requireNonNull(component.getAccessor().invoke(settings));
    } catch (ReflectiveOperationException e) {
      throw new LinkageError(component.getName(), e);
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
