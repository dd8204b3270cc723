package dev.piecework.worker.start;

import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;
import org.springframework.context.annotation.ClassPathScanningCandidateComponentProvider;
import org.springframework.core.type.filter.AnnotationTypeFilter;
import org.springframework.util.unit.DataSize;

/**
 * docs/configuration.md, made of the records that a worker's settings are: names and defaults from
 * their components, what they do from their documentation, and what they may be from what their own
 * checks say of values that are out of bounds.
 */
final class SettingsPage {
  private static final Path SOURCES = Path.of("src", "main", "java");
  private static final Pattern EXPECTED = Pattern.compile("expected (.*)$", Pattern.DOTALL);
  private static final Pattern SENTENCE = Pattern.compile("^(.*?\\.)(\\s|$)", Pattern.DOTALL);

  /** What must be set for anything to be bound. */
  static final Map<String, String> NEEDED =
      Map.of(
          "piecework.store.endpoint", "http://127.0.0.1:1",
          "piecework.store.access-key", "key",
          "piecework.store.secret-key", "secret",
          "piecework.database.url", "jdbc:h2:mem:none");

  private SettingsPage() {}

  /** The whole page. */
  static String text() throws Exception {
    StringBuilder page =
        new StringBuilder(
            """
            # A worker's settings

            A worker takes its settings from the environment, each from a variable made of its name: \
            `piecework.worker.sweep-interval` is `PIECEWORK_WORKER_SWEEP_INTERVAL`. A file \
            `piecework.properties` in the working directory is read too, by the names themselves; the \
            environment wins. Times are written `250ms`, `15s`, `5m`, `2d`; sizes `48MB` (of 1,048,576 \
            bytes); lists with commas. A wrong value ends the start with one line that names it and exit \
            code 11; a name that nobody reads is reported with the nearest one that is.

            This page is made of the code: `%s` writes it anew.
            """
                .formatted(SettingsPageTest.WRITE));
    for (Class<?> settings : records()) {
      page.append('\n').append(section(settings));
    }
    return page.toString();
  }

  /** Every record of settings, by prefix. */
  static List<Class<?>> records() throws ClassNotFoundException {
    var scanner = new ClassPathScanningCandidateComponentProvider(false);
    scanner.addIncludeFilter(new AnnotationTypeFilter(ConfigurationProperties.class));
    List<Class<?>> records = new ArrayList<>();
    for (var found : scanner.findCandidateComponents("dev.piecework.worker")) {
      records.add(Class.forName(found.getBeanClassName()));
    }
    records.sort(Comparator.comparing(SettingsPage::prefix));
    return records;
  }

  static String prefix(Class<?> settings) {
    return settings.getAnnotation(ConfigurationProperties.class).value();
  }

  private static String section(Class<?> settings) throws Exception {
    String documentation = documentation(settings);
    Matcher first = SENTENCE.matcher(documentation);
    StringBuilder section = new StringBuilder("## ").append(prefix(settings)).append("\n\n");
    if (first.find()) {
      section.append(first.group(1)).append("\n\n");
    }
    section.append("| setting and variable | default | may be | what it does |\n");
    section.append("| --- | --- | --- | --- |\n");
    List<String> names = UnknownSettings.names(settings);
    RecordComponent[] components = settings.getRecordComponents();
    for (int i = 0; i < components.length; i++) {
      String name = names.get(i);
      boolean map = name.endsWith(".*");
      String shown = map ? name.replace(".*", ".NAME") : name;
      section.append(
          "| `%s`<br>`%s` | %s | %s | %s |%n"
              .formatted(
                  shown,
                  UnknownSettings.variable(shown),
                  map ? "" : standard(settings, components[i], name),
                  map ? "" : bounds(settings, components[i], name),
                  described(settings, documentation, components[i].getName())));
    }
    return section.toString();
  }

  private static String standard(Class<?> settings, RecordComponent component, String name)
      throws Exception {
    if (refusal(settings, name, Optional.empty()).isPresent()) {
      return "must be set";
    }
    DefaultValue standard = annotation(settings, component);
    String text = String.join(",", standard.value());
    if (text.isEmpty()) {
      return "";
    }
    return "`" + (component.getType().isEnum() ? wireName(text) : text) + "`";
  }

  /** Of the constructor's parameter: a record component does not carry it. */
  private static DefaultValue annotation(Class<?> settings, RecordComponent component) {
    return Arrays.stream(settings.getDeclaredConstructors()[0].getParameters())
        .filter(parameter -> parameter.getName().equals(component.getName()))
        .map(parameter -> parameter.getAnnotation(DefaultValue.class))
        .findFirst()
        .orElseThrow();
  }

  /** What the checks expect instead of each value that is out of any bounds. */
  private static String bounds(Class<?> settings, RecordComponent component, String name) {
    Class<?> type = component.getType();
    if (type == boolean.class) {
      return "`true`, `false`";
    }
    if (type.isEnum()) {
      return Arrays.stream(type.getEnumConstants())
          .map(each -> "`" + wireName(each.toString()) + "`")
          .collect(Collectors.joining(", "));
    }
    Set<String> expected = new LinkedHashSet<>();
    for (String probe : probes(type)) {
      refusal(settings, name, Optional.of(probe))
          .map(SettingsPage::expected)
          .ifPresent(expected::add);
    }
    // A size that is compared as a number of bytes.
    String unit = type == DataSize.class ? "$0 bytes" : "$0";
    return String.join("; ", expected).replaceAll("^\\d+ to \\d+$", unit);
  }

  private static String wireName(String constant) {
    return constant.toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static List<String> probes(Class<?> type) {
    if (type == Duration.class) {
      return List.of("-1s", "0s", "36500d");
    }
    if (type == DataSize.class) {
      return List.of("-1B", "0B", "1000000TB");
    }
    if (type == int.class || type == long.class) {
      return List.of("-1", Integer.toString(Integer.MAX_VALUE));
    }
    return List.of("no-such-value");
  }

  private static String expected(String refusal) {
    Matcher expected = EXPECTED.matcher(refusal);
    return expected.find() ? expected.group(1) : "";
  }

  /** What the record says when one setting is left out or is something else. */
  private static Optional<String> refusal(Class<?> settings, String name, Optional<String> value) {
    Map<String, String> properties = new HashMap<>(NEEDED);
    properties.remove(name);
    value.ifPresent(given -> properties.put(name, given));
    try {
      new Binder(new MapConfigurationPropertySource(properties))
          .bindOrCreate(prefix(settings), Bindable.of(settings));
      return Optional.empty();
    } catch (BindException e) {
      for (Throwable cause = e; cause != null; cause = cause.getCause()) {
        String message = String.valueOf(cause.getMessage());
        // A file that is not there is refused for what it is, not for its name.
        if (message.startsWith(name) && !name.endsWith("-file")) {
          return Optional.of(message);
        }
      }
      return Optional.empty();
    }
  }

  private static String documentation(Class<?> settings) throws Exception {
    Path source = SOURCES.resolve(settings.getName().replace('.', '/') + ".java");
    String text = Files.readString(source);
    String comment = text.substring(text.indexOf("/**"), text.indexOf("@ConfigurationProperties"));
    return comment
        .replaceAll("(?m)^ \\*/?|^/\\*\\*", "")
        .replaceAll("\\s+", " ")
        .replace("*/", "")
        .strip();
  }

  private static String described(Class<?> settings, String documentation, String component)
      throws Exception {
    for (String part : documentation.split("@param ")) {
      if (part.startsWith(component + " ")) {
        String plain = part.substring(component.length()).strip();
        Matcher constant = Pattern.compile("\\{@value #(\\w+)}").matcher(plain);
        if (constant.find()) {
          var field = settings.getDeclaredField(constant.group(1));
          field.setAccessible(true);
          plain = constant.replaceAll(String.valueOf(field.get(null)));
        }
        return plain.replaceAll("\\{@code ([^}]*)}", "`$1`").replace("|", "\\|");
      }
    }
    throw new IllegalStateException(settings + " says nothing of its component " + component);
  }
}
