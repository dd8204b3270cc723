package dev.piecework.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import dev.piecework.cli.progress.Events;
import dev.piecework.message.JobEvent;
import dev.piecework.testkit.Await;
import dev.piecework.testkit.ManagedProcess;
import dev.piecework.testkit.Processes;
import dev.piecework.testkit.RabbitBroker;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Commands that listen live longer than the broker that they listen to. */
class BrokerRestartIT {
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final Path JAR = Path.of("target", "producer-cli.jar");

  @SuppressWarnings("NullAway.Init") // started before all tests
  private static RabbitBroker broker;

  @BeforeAll
  static void startBroker() {
    broker = RabbitBroker.privateNode();
  }

  @AfterAll
  static void stopBroker() {
    broker.close();
  }

  @Test
  void waitingAndFollowingOutliveTheBroker() throws Exception {
    try (ManagedProcess submit =
            start("submit", "https://example.org/a.torrent", "-b", "data", "--wait", "-o", "name");
        ManagedProcess events = start("events", "--type", "completed", "--count", "2")) {
      String id = "";
      try (Connection connection = broker.connectionFactory().newConnection();
          FakeWorker worker = new FakeWorker(connection, job -> List.of())) {
        FakeWorker.Received job = worker.received().poll(LIMIT.toSeconds(), TimeUnit.SECONDS);
        assertThat(job).as("a job on the queue").isNotNull();
        id = java.util.Objects.requireNonNull(job).job().id();
        submit.awaitOutput("submitted job ", LIMIT);
        try (Channel channel = connection.createChannel()) {
          Await.until(
              "an event to be followed",
              LIMIT,
              () -> {
                FakeWorker.publish(channel, Events.completed("before", 1));
                return events.stdout().contains("before");
              });
        }
      }
      broker.kill();
      submit.awaitOutput("lost the broker", LIMIT);
      events.awaitOutput("lost the broker", LIMIT);
      broker.restart();
      events.awaitOutput("the broker is back, with all events of the time between", LIMIT);
      submit.awaitOutput("the broker is back, with all that has happened", LIMIT);
      try (Connection connection = broker.connectionFactory().newConnection();
          Channel channel = connection.createChannel()) {
        for (JobEvent event : Events.wholeJob(id)) {
          FakeWorker.publish(channel, event);
        }
        assertThat(submit.awaitExit(LIMIT)).as(submit.stderr()).isZero();
      }
      assertThat(events.awaitExit(LIMIT)).as(events.stderr()).isZero();
      assertThat(events.stdout()).contains(id + "  completed  ");
      assertThat(submit.stdout()).isEqualTo(id + "\n");
    }
  }

  private static ManagedProcess start(String... arguments) {
    List<String> command = new java.util.ArrayList<>(List.of("-jar", JAR.toString()));
    command.addAll(List.of(arguments));
    return Processes.java(command)
        .name(arguments[0])
        .environment(
            Map.of("PIECEWORK_BROKER_URI", "amqp://" + broker.host() + ":" + broker.port()))
        .start();
  }
}
