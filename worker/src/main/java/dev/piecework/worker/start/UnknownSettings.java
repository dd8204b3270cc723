package dev.piecework.worker.start;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.context.ApplicationContext;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.env.PropertySource;

/**
 * Settings that somebody has made and nobody reads: most likely a slip of the pen, and silently a
 * default instead of what was meant.
 */
public final class UnknownSettings {
  private static final String PROPERTY = "piecework.";
  private static final String VARIABLE = "PIECEWORK_";

  /** Stands behind the name of a setting that has names of its own. */
  private static final String ANY = ".*";

  /** Read by the launcher, by the command line, or by tests. */
  private static final Pattern OTHERS =
      Pattern.compile("PIECEWORK_(JAVA_OPTS|STACKTRACE)|piecework\\.test\\..*");

  /** More letters than this apart, a name is another one and no slip. */
  private static final int FARTHEST = 5;

  private UnknownSettings() {}

  /**
   * A setting that nobody reads.
   *
   * @param name as it was written: a property or an environment variable
   * @param nearest what was probably meant, written alike
   */
  public record Unknown(String name, Optional<String> nearest) {
    @Override
    public String toString() {
      return "there is no setting "
          + name
          + nearest.map(" (did you mean %s?)"::formatted).orElse("")
          + ": it is ignored; docs/configuration.md lists every setting";
    }
  }

  /** Looks through everything that a worker was given. */
  public static List<Unknown> find(ApplicationContext context) {
    Set<String> known = new TreeSet<>();
    context
        .getBeansWithAnnotation(ConfigurationProperties.class)
        .values()
        .forEach(settings -> known.addAll(names(settings.getClass())));
    Set<String> given = new TreeSet<>();
    for (PropertySource<?> source :
        ((ConfigurableEnvironment) context.getEnvironment()).getPropertySources()) {
      if (source instanceof EnumerablePropertySource<?> all) {
        given.addAll(List.of(all.getPropertyNames()));
      }
    }
    return find(known, given);
  }

  /**
   * The settings of a record, as {@code piecework.worker.sweep-interval}; a map's end in a star.
   */
  static List<String> names(Class<?> settings) {
    ConfigurationProperties annotation = settings.getAnnotation(ConfigurationProperties.class);
    List<String> names = new ArrayList<>();
    if (annotation != null && settings.isRecord()) {
      for (var component : settings.getRecordComponents()) {
        String dashed = component.getName().replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
        boolean map = Map.class.isAssignableFrom(component.getType());
        names.add(annotation.value() + "." + dashed + (map ? ANY : ""));
      }
    }
    return names;
  }

  static List<Unknown> find(Collection<String> known, Collection<String> given) {
    List<Unknown> unknown = new ArrayList<>();
    for (String name : given) {
      boolean variable = name.startsWith(VARIABLE);
      if ((!variable && !name.startsWith(PROPERTY)) || OTHERS.matcher(name).matches()) {
        continue;
      }
      // A list may be given item by item: piecework.network.allow[0], PIECEWORK_NETWORK_ALLOW_0.
      String whole = name.replaceFirst("(\\[|_)\\d+]?$", "");
      if (known.stream().noneMatch(each -> means(whole, each))) {
        Optional<String> nearest = nearest(known, whole);
        unknown.add(new Unknown(name, variable ? nearest.map(UnknownSettings::variable) : nearest));
      }
    }
    return unknown;
  }

  private static boolean means(String given, String known) {
    return known.endsWith(ANY)
        ? uniform(given).startsWith(uniform(known))
        : uniform(given).equals(uniform(known));
  }

  private static Optional<String> nearest(Collection<String> known, String name) {
    return known.stream()
        .min(Comparator.comparingInt(each -> distance(uniform(each), uniform(name))))
        .filter(each -> distance(uniform(each), uniform(name)) <= FARTHEST);
  }

  /** The environment variable of a setting. */
  static String variable(String setting) {
    return setting.toUpperCase(Locale.ROOT).replaceAll("[.-]", "_");
  }

  /** As the framework compares names: letters and digits only. */
  private static String uniform(String name) {
    return name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]", "");
  }

  /** Letters to be changed, added or taken away to make one of the other (Levenshtein). */
  private static int distance(String one, String other) {
    int[] before = new int[other.length() + 1];
    for (int j = 0; j < before.length; j++) {
      before[j] = j;
    }
    for (int i = 1; i <= one.length(); i++) {
      int[] row = new int[before.length];
      row[0] = i;
      for (int j = 1; j < row.length; j++) {
        int change = before[j - 1] + (one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1);
        row[j] = Math.min(change, Math.min(row[j - 1], before[j]) + 1);
      }
      before = row;
    }
    return before[other.length()];
  }
}
