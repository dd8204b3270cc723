package dev.piecework.testkit;

import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * RabbitMQ as an ordinary process with everything it writes in one temporary folder. It leaves
 * behind only Erlang's port mapper, epmd, which all nodes of a machine share.
 */
final class RabbitNode implements AutoCloseable {
  private static final Duration START_LIMIT = Duration.ofMinutes(2);
  private static final Duration STOP_LIMIT = Duration.ofMinutes(1);

  private final Path folder;
  private final String name;
  private final int port;
  private final int distributionPort;
  private ManagedProcess process;

  private RabbitNode(Path folder) {
    this.folder = folder;
    this.name = "piecework-" + RabbitBroker.randomName() + "@localhost";
    this.port = Ports.free();
    this.distributionPort = Ports.free();
    this.process = launch();
  }

  static RabbitNode start(List<String> configuration) {
    Needs.program("rabbitmq-server", "rabbitmq-server");
    Path folder = Folders.temporary("rabbitmq");
    List<String> lines = new ArrayList<>(configuration);
    // A test machine's disk is often nearly full; the default limit blocks publishers then.
    lines.add("disk_free_limit.absolute = 50MB");
    try {
      Files.write(folder.resolve("rabbitmq.conf"), lines);
      Files.writeString(folder.resolve("enabled_plugins"), "[].\n");
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write RabbitMQ's settings", e);
    }
    RabbitNode node = new RabbitNode(folder);
    try {
      node.awaitReady();
      return node;
    } catch (RuntimeException e) {
      node.close();
      throw e;
    }
  }

  int port() {
    return port;
  }

  ManagedProcess process() {
    return process;
  }

  /** Runs {@code rabbitmqctl} against this node, with the cookie that lies in its home. */
  Processes.Outcome control(List<String> arguments) {
    Path plain = Path.of("/usr/lib/rabbitmq/bin/rabbitmqctl");
    List<String> command = new ArrayList<>();
    command.add(
        Files.isExecutable(plain)
            ? plain.toString()
            : Processes.locate("rabbitmqctl").orElseThrow().toString());
    command.addAll(List.of("-q", "-n", name));
    command.addAll(arguments);
    return Processes.command(command).environment("HOME", folder.toString()).run(STOP_LIMIT);
  }

  void stop() {
    process.terminate();
    process.awaitExit(STOP_LIMIT);
  }

  void kill() {
    process.kill();
  }

  void restart() {
    process.close();
    process = launch();
    awaitReady();
  }

  @Override
  public void close() {
    process.close();
    Folders.delete(folder);
  }

  private ManagedProcess launch() {
    return Processes.command(program())
        .name("rabbitmq-server")
        // The script becomes the node then, instead of a shell that ends before its child does.
        .environment("RUNNING_UNDER_SYSTEMD", "true")
        .withoutEnvironment("NOTIFY_SOCKET")
        .environment("HOME", folder.toString())
        .environment("RABBITMQ_NODENAME", name)
        .environment("RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1")
        .environment("RABBITMQ_NODE_PORT", String.valueOf(port))
        .environment("RABBITMQ_DIST_PORT", String.valueOf(distributionPort))
        .environment("RABBITMQ_MNESIA_BASE", folder.resolve("mnesia").toString())
        .environment("RABBITMQ_LOG_BASE", folder.resolve("log").toString())
        .environment("RABBITMQ_PID_FILE", folder.resolve("pid").toString())
        .environment("RABBITMQ_CONFIG_FILE", folder.resolve("rabbitmq.conf").toString())
        .environment("RABBITMQ_CONF_ENV_FILE", folder.resolve("none").toString())
        .environment("RABBITMQ_ENABLED_PLUGINS_FILE", folder.resolve("enabled_plugins").toString())
        .start();
  }

  /** Debian's rabbitmq-server in the PATH insists on the user rabbitmq; the one below does not. */
  private static String program() {
    Path plain = Path.of("/usr/lib/rabbitmq/bin/rabbitmq-server");
    return Files.isExecutable(plain)
        ? plain.toString()
        : Processes.locate("rabbitmq-server").orElseThrow().toString();
  }

  private void awaitReady() {
    ConnectionFactory factory = new ConnectionFactory();
    factory.setHost("127.0.0.1");
    factory.setPort(port);
    process.awaitReady(
        "accepting AMQP connections",
        START_LIMIT,
        () -> {
          try (Connection connection = factory.newConnection("testkit")) {
            return connection.isOpen();
          }
        });
  }
}
