package dev.piecework.testkit;

import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeoutException;
import org.testcontainers.rabbitmq.RabbitMQContainer;

/**
 * A real RabbitMQ with nothing in it: in a container where Docker answers, else a new virtual host
 * of the broker that listens on port 5672, else a private node. Which one is printed once.
 */
public final class RabbitBroker implements AutoCloseable {
  private static final String IMAGE = "rabbitmq:4-management";
  private static final int DEFAULT_PORT = 5672;
  private static final Duration COMMAND_LIMIT = Duration.ofMinutes(1);
  private static final Map<String, Boolean> SAID = new ConcurrentHashMap<>();

  private final String host;
  private final int port;
  private final String virtualHost;
  private final String user;
  private final String password;
  private final Optional<RabbitNode> node;
  private final Control control;
  private final Runnable release;

  private RabbitBroker(
      String host,
      int port,
      String virtualHost,
      String user,
      String password,
      Optional<RabbitNode> node,
      Control control,
      Runnable release) {
    this.host = host;
    this.port = port;
    this.virtualHost = virtualHost;
    this.user = user;
    this.password = password;
    this.node = node;
    this.control = control;
    this.release = release;
  }

  /** The first of container, listening broker, private node that can be had. */
  public static RabbitBroker start() {
    Optional<RabbitMQContainer> container = Docker.start(IMAGE, () -> new RabbitMQContainer(IMAGE));
    if (container.isPresent()) {
      RabbitMQContainer running = container.get();
      return announced(
          "container",
          new RabbitBroker(
              running.getHost(),
              running.getAmqpPort(),
              "/",
              running.getAdminUsername(),
              running.getAdminPassword(),
              Optional.empty(),
              arguments -> controlInside(running, arguments),
              running::stop));
    }
    return listening().orElseGet(RabbitBroker::privateNode);
  }

  /**
   * A node of its own that {@link #stop}, {@link #restart} and {@link #kill} work on, from the
   * rabbitmq-server that is installed.
   *
   * @param configuration lines of its rabbitmq.conf, such as {@code consumer_timeout = 5000}
   */
  public static RabbitBroker privateNode(String... configuration) {
    RabbitNode node = RabbitNode.start(List.of(configuration));
    return announced(
        "private node",
        new RabbitBroker(
            "127.0.0.1",
            node.port(),
            "/",
            "guest",
            "guest",
            Optional.of(node),
            node::control,
            node::close));
  }

  /** Host to connect to. */
  public String host() {
    return host;
  }

  /** AMQP 0-9-1 port to connect to. */
  public int port() {
    return port;
  }

  /** Host and port. */
  public InetSocketAddress address() {
    return new InetSocketAddress(host, port);
  }

  /** The virtual host that is this instance's alone. */
  public String virtualHost() {
    return virtualHost;
  }

  /** User name. */
  public String user() {
    return user;
  }

  /** Password. */
  public String password() {
    return password;
  }

  /** All of that as an {@code amqp:} URI. */
  public URI uri() {
    return URI.create(
        "amqp://%s:%s@%s:%d/%s"
            .formatted(
                user,
                password,
                host,
                port,
                URLEncoder.encode(virtualHost, StandardCharsets.UTF_8)));
  }

  /** A factory of the plain Java client, with credentials. */
  public ConnectionFactory connectionFactory() {
    ConnectionFactory factory = new ConnectionFactory();
    factory.setHost(host);
    factory.setPort(port);
    factory.setVirtualHost(virtualHost);
    factory.setUsername(user);
    factory.setPassword(password);
    return factory;
  }

  /** Messages of a queue that a consumer has and has not acknowledged. AMQP does not tell. */
  public long unacknowledged(String queue) {
    String listed =
        control
            .run(List.of("list_queues", "-p", virtualHost, "name", "messages_unacknowledged"))
            .orThrow()
            .stdout();
    return listed
        .lines()
        .map(line -> line.split("\t"))
        .filter(columns -> columns.length == 2 && columns[0].equals(queue))
        .mapToLong(columns -> Long.parseLong(columns[1].strip()))
        .findFirst()
        .orElseThrow(() -> new TestkitException("no queue " + queue + " in: " + listed));
  }

  /** Adds a user who may do everything in this instance's virtual host. */
  public void addUser(String name, String secret) {
    control.run(List.of("add_user", name, secret)).orThrow();
    control.run(List.of("set_permissions", "-p", virtualHost, name, ".*", ".*", ".*")).orThrow();
  }

  /** Runs {@code rabbitmqctl} with these arguments; what it refuses is thrown. */
  void control(List<String> arguments) {
    control.run(arguments).orThrow();
  }

  /** Gives a user another password; connections that are open stay. */
  public void changePassword(String name, String secret) {
    control.run(List.of("change_password", name, secret)).orThrow();
  }

  /** Takes a user away. */
  public void deleteUser(String name) {
    control.run(List.of("delete_user", name)).orThrow();
  }

  /** Closes every connection to this instance's virtual host. */
  public void closeConnections() {
    control
        .run(List.of("close_all_connections", "--vhost", virtualHost, "closed by a test"))
        .orThrow();
  }

  /**
   * Has a private node close channels that do not acknowledge in time, as {@code consumer_timeout}
   * does, but looking every second instead of every minute; channels opened from now on.
   */
  public void acknowledgeWithin(Duration timeout) {
    ownNode();
    control
        .run(
            List.of(
                "eval",
                "application:set_env(rabbit, consumer_timeout, %d), application:set_env(rabbit, channel_tick_interval, 1000)."
                    .formatted(timeout.toMillis())))
        .orThrow();
  }

  /** Stops a private node in good order; durable queues keep what they hold. */
  public void stop() {
    ownNode().stop();
  }

  /** Kills a private node. */
  public void kill() {
    ownNode().kill();
  }

  /** Starts a private node again on the same port with the same data. */
  public void restart() {
    ownNode().restart();
  }

  /** The process of a private node. */
  public ManagedProcess process() {
    return ownNode().process();
  }

  @Override
  public void close() {
    release.run();
  }

  private RabbitNode ownNode() {
    return node.orElseThrow(
        () -> new TestkitException("only RabbitBroker.privateNode() may be stopped and killed"));
  }

  private static Optional<RabbitBroker> listening() {
    RabbitBroker broker = guest("piecework-test-" + randomName());
    if (!Ports.accepts(Ports.loopback(DEFAULT_PORT)) || !Processes.installed("rabbitmqctl")) {
      return Optional.empty();
    }
    if (!control("add_vhost", broker.virtualHost)
        || !control("set_permissions", "-p", broker.virtualHost, "guest", ".*", ".*", ".*")) {
      Needs.say("RabbitMQ listens on 5672, but this user may not make virtual hosts on it");
      return Optional.empty();
    }
    try (Connection connection = broker.connectionFactory().newConnection("testkit")) {
      return connection.isOpen()
          ? Optional.of(announced("the one listening", broker))
          : Optional.empty();
    } catch (IOException | TimeoutException e) {
      broker.close();
      Needs.say("RabbitMQ listens on 5672, but refuses guest: " + e);
      return Optional.empty();
    }
  }

  private static RabbitBroker guest(String virtualHost) {
    return new RabbitBroker(
        "127.0.0.1",
        DEFAULT_PORT,
        virtualHost,
        "guest",
        "guest",
        Optional.empty(),
        RabbitBroker::controlHere,
        () -> control("delete_vhost", virtualHost));
  }

  private static boolean control(String... arguments) {
    return controlHere(List.of(arguments)).exitCode() == 0;
  }

  private static Processes.Outcome controlHere(List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(Processes.locate("rabbitmqctl").orElseThrow().toString());
    command.add("-q");
    command.addAll(arguments);
    return Processes.command(command).run(COMMAND_LIMIT);
  }

  private static Processes.Outcome controlInside(
      RabbitMQContainer container, List<String> arguments) {
    List<String> command = new ArrayList<>(List.of("rabbitmqctl", "-q"));
    command.addAll(arguments);
    try {
      var result = container.execInContainer(command.toArray(String[]::new));
      return new Processes.Outcome(result.getExitCode(), result.getStdout(), result.getStderr());
    } catch (IOException e) {
      throw new UncheckedIOException("cannot run rabbitmqctl in the container", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TestkitException("interrupted while rabbitmqctl ran", e);
    }
  }

  /** Runs {@code rabbitmqctl} against the node that this broker is. */
  private interface Control {
    Processes.Outcome run(List<String> arguments);
  }

  private static RabbitBroker announced(String kind, RabbitBroker broker) {
    if (SAID.putIfAbsent(kind, true) == null) {
      Needs.say("RabbitMQ %s, %s on port %d".formatted(broker.version(), kind, broker.port));
    }
    return broker;
  }

  private String version() {
    try (Connection connection = connectionFactory().newConnection("testkit")) {
      return String.valueOf(connection.getServerProperties().get("version"));
    } catch (IOException | TimeoutException e) {
      return "(unknown version: " + e + ")";
    }
  }

  static String randomName() {
    byte[] bytes = new byte[6];
    new SplittableRandom(System.nanoTime() ^ ProcessHandle.current().pid()).nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }
}
