package dev.piecework.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.testkit.ManagedProcess;
import dev.piecework.testkit.Ports;
import dev.piecework.testkit.Processes;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@code piecework services} and workers that use them, each a process. */
final class LocalFleet {
  private static final Duration LIMIT = Duration.ofMinutes(3);
  private static final Pattern EXPORT = Pattern.compile("export (\\w+)='([^']*)'");

  private LocalFleet() {}

  /** Options that choose free ports. */
  static List<String> ports() {
    return List.of(
        "--broker-port=" + Ports.free(),
        "--store-port=" + Ports.free(),
        "--database-port=" + Ports.free());
  }

  /** Starts the services with a data folder. */
  static ManagedProcess services(Path data, List<String> ports) {
    List<String> arguments = new ArrayList<>(List.of("services", "--data", data.toString()));
    arguments.addAll(ports);
    return Processes.java(Launcher.standalone(arguments)).name("services").start();
  }

  /** Starts a worker. */
  static ManagedProcess worker(Map<String, String> environment, Path scratch) {
    return Processes.java(Launcher.worker())
        .name("worker")
        .environment(environment)
        .environment("PIECEWORK_SCRATCH_DIRECTORY", scratch.toString())
        .environment("MALLOC_ARENA_MAX", Launcher.mallocArenas())
        .start();
  }

  /** What the services print for a shell to read, when they are up. */
  static Map<String, String> environment(ManagedProcess services) {
    services.awaitOutput("The services run", LIMIT);
    Map<String, String> variables = new HashMap<>();
    Matcher matcher = EXPORT.matcher(services.stdout());
    while (matcher.find()) {
      variables.put(matcher.group(1), matcher.group(2));
    }
    assertThat(variables).containsKey("PIECEWORK_BROKER_URI");
    return variables;
  }
}
