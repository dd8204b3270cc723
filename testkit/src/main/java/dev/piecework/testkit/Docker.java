package dev.piecework.testkit;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.GenericContainer;

/** Containers where a Docker engine answers; nothing, with the reason printed, where none does. */
final class Docker {
  private static final Map<String, Boolean> OBTAINABLE = new HashMap<>();

  private Docker() {}

  /**
   * Starts a container.
   *
   * @param image for the message
   * @param container makes it, not started
   * @return it, started; empty where no engine answers or the image cannot be had
   */
  static <C extends GenericContainer<?>> Optional<C> start(String image, Supplier<C> container) {
    // Asked first, because Testcontainers logs pages of complaints where there is no engine.
    boolean configured =
        System.getenv("DOCKER_HOST") != null || Files.exists(Path.of("/var/run/docker.sock"));
    if (!configured || !obtainable(image) || !DockerClientFactory.instance().isDockerAvailable()) {
      return Optional.empty();
    }
    C made = container.get();
    try {
      made.start();
      return Optional.of(made);
    } catch (RuntimeException e) {
      made.stop();
      Needs.say("Docker answers, but " + image + " does not start; going on without: " + e);
      return Optional.empty();
    }
  }

  /**
   * Whether an image is there or can be pulled, asked of the {@code docker} command once: an engine
   * that reaches no registry answers it at once, but Testcontainers would try for two minutes, for
   * its helper image too, at the start of every class of tests.
   */
  private static synchronized boolean obtainable(String image) {
    return OBTAINABLE.computeIfAbsent(
        image,
        _ -> {
          boolean helper = !Boolean.parseBoolean(System.getenv("TESTCONTAINERS_RYUK_DISABLED"));
          Optional<String> fault =
              helper || docker("image", "inspect", image).isPresent()
                  ? docker("pull", "--quiet", image)
                  : Optional.empty();
          fault.ifPresent(
              why -> Needs.say("no " + image + " from Docker; going on without: " + why));
          return fault.isEmpty();
        });
  }

  /** What the command complains of; empty if it succeeds, or is not installed beside the engine. */
  private static Optional<String> docker(String... arguments) {
    List<String> command = new ArrayList<>(List.of("docker"));
    command.addAll(List.of(arguments));
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      process.getOutputStream().close();
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return process.waitFor() == 0 ? Optional.empty() : Optional.of(said.strip());
    } catch (IOException e) {
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while asking Docker", e);
    }
  }
}
