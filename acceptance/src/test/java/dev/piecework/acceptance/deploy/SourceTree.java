package dev.piecework.acceptance.deploy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** The files under test, which lie outside of any module. */
final class SourceTree {
  private SourceTree() {}

  /** A file or folder by its path from the top. */
  static Path file(String path) {
    Path folder = Path.of("").toAbsolutePath();
    while (!Files.exists(folder.resolve("mvnw"))) {
      folder = folder.getParent();
      if (folder == null) {
        throw new AssertionError("no folder above the working directory holds mvnw");
      }
    }
    return folder.resolve(path);
  }

  static String text(String path) {
    try {
      return Files.readString(file(path));
    } catch (IOException e) {
      throw new AssertionError("cannot read " + path, e);
    }
  }

  /** The documents of a YAML text; a key that stands twice is refused. */
  static List<Map<String, Object>> yaml(String text) {
    LoaderOptions options = new LoaderOptions();
    options.setAllowDuplicateKeys(false);
    List<Map<String, Object>> documents = new ArrayList<>();
    for (Object document : new Yaml(new SafeConstructor(options)).loadAll(text)) {
      if (document != null) {
        documents.add(map(document));
      }
    }
    return documents;
  }

  /** What is known to be a YAML map. */
  @SuppressWarnings("unchecked") // Whoever calls this has seen the file: its keys are strings.
  static Map<String, Object> map(Object value) {
    return (Map<String, Object>) value;
  }

  /** The map under a key, which must be there. */
  static Map<String, Object> map(Map<String, Object> parent, String key) {
    Object value = parent.get(key);
    if (value == null) {
      throw new AssertionError("there is no '" + key + "' among " + parent.keySet());
    }
    return map(value);
  }
}
