package dev.piecework.testkit;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.GenericContainer;

/** Containers where a Docker engine answers; nothing, with the reason printed, where none does. */
final class Docker {
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
    if (!configured || !DockerClientFactory.instance().isDockerAvailable()) {
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
}
