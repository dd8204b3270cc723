package dev.piecework.acceptance.observe;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** What a worker exports, in Prometheus's text format, read by family. */
final class Export {
  private static final Pattern SAMPLE = Pattern.compile("(\\w+)(?:\\{(.*)})? \\S+");
  private static final Pattern LABEL = Pattern.compile("(\\w+)=\"");

  private final Map<String, Family> families = new TreeMap<>();
  private final Set<String> samples = new TreeSet<>();

  /** A metric with all its series. */
  static final class Family {
    final String name;
    final String help;
    String type = "";
    final Set<String> labels = new TreeSet<>();

    Family(String name, String help) {
      this.name = name;
      this.help = help;
    }
  }

  private Export() {}

  static Export parse(String text) {
    Export export = new Export();
    text.lines().forEach(export::line);
    return export;
  }

  private void line(String line) {
    String[] words = line.split(" ", 4);
    if (line.startsWith("# HELP ")) {
      families.put(words[2], new Family(words[2], words.length > 3 ? words[3] : ""));
    } else if (line.startsWith("# TYPE ")) {
      families.computeIfAbsent(words[2], name -> new Family(name, "")).type = words[3];
    } else {
      sample(line);
    }
  }

  private void sample(String line) {
    Matcher sample = SAMPLE.matcher(line);
    if (!sample.matches()) {
      throw new AssertionError("not in Prometheus's text format: " + line);
    }
    samples.add(sample.group(1));
    if (sample.group(2) != null) {
      Family family = family(sample.group(1));
      Matcher label = LABEL.matcher(sample.group(2));
      while (label.find()) {
        if (!label.group(1).equals("le")) {
          family.labels.add(label.group(1));
        }
      }
    }
  }

  private Family family(String sample) {
    for (String name : List.of(sample, sample.replaceFirst("_(bucket|count|sum|max|total)$", ""))) {
      Family family = families.get(name);
      if (family != null) {
        return family;
      }
    }
    throw new AssertionError("a sample of no family: " + sample);
  }

  /** Names as they stand in queries, {@code _bucket} and the like included. */
  Set<String> samples() {
    return samples;
  }

  Map<String, Family> families() {
    return families;
  }

  /** The rows of docs/metrics.md, by metric; the largest value of a time goes with it. */
  Map<String, String> rows() {
    Map<String, String> rows = new TreeMap<>();
    for (Family family : families.values()) {
      if (family.name.endsWith("_max") && families.containsKey(base(family.name))) {
        continue;
      }
      rows.put(
          family.name,
          "| `%s` | %s | %s | %s | %s |"
              .formatted(
                  family.name,
                  family.type,
                  unit(family.name),
                  family.labels.stream()
                      .map(label -> "`" + label + "`")
                      .collect(Collectors.joining(", ")),
                  family.help));
    }
    return rows;
  }

  private static String base(String name) {
    return name.substring(0, name.length() - "_max".length());
  }

  private static String unit(String name) {
    List<String> units = new ArrayList<>(List.of("bytes", "seconds", "ns"));
    units.removeIf(unit -> !name.matches(".*_" + unit + "(_.*)?"));
    return units.isEmpty() ? "" : units.getFirst();
  }
}
