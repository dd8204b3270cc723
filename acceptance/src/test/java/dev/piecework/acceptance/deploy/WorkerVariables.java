package dev.piecework.acceptance.deploy;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.lang.reflect.RecordComponent;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.springframework.boot.context.properties.ConfigurationProperties;

/** What a worker can be told by its environment, read from the records that its settings are. */
final class WorkerVariables {
  private WorkerVariables() {}

  /** Names of all settings without {@code piecework.}, as {@code worker.sweep-interval}. */
  static Set<String> settings() {
    Set<String> names = new TreeSet<>();
    for (JavaClass candidate : new ClassFileImporter().importPackages("dev.piecework.worker")) {
      if (candidate.isAnnotatedWith(ConfigurationProperties.class)) {
        Class<?> settings = candidate.reflect();
        String prefix = settings.getAnnotation(ConfigurationProperties.class).value();
        for (RecordComponent component : settings.getRecordComponents()) {
          names.add(prefix.substring("piecework.".length()) + "." + kebab(component.getName()));
        }
      }
    }
    return names;
  }

  /** The environment variable of a setting. */
  static String variable(String setting) {
    return "PIECEWORK_" + setting.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
  }

  /** The environment variables of all settings. */
  static Set<String> names() {
    Set<String> names = new TreeSet<>();
    settings().forEach(setting -> names.add(variable(setting)));
    return names;
  }

  private static String kebab(String camel) {
    return camel.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
  }
}
