package dev.piecework.cli.broker;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.GetResponse;
import dev.piecework.message.Destination;
import dev.piecework.message.JobMessage;
import dev.piecework.message.JobOptions;
import dev.piecework.message.JobSource;
import dev.piecework.message.Topology;
import dev.piecework.testkit.RabbitBroker;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Under which name jobs are submitted, at a RabbitMQ that lets nobody name another. */
class AuthorIT {
  @SuppressWarnings("NullAway.Init") // started before all tests
  private static RabbitBroker broker;

  @BeforeAll
  static void startBroker() {
    broker = RabbitBroker.start();
  }

  @AfterAll
  static void stopBroker() {
    broker.close();
  }

  private static BrokerSettings settings(String username) {
    return new BrokerSettings(
        broker.host(),
        broker.port(),
        false,
        broker.virtualHost(),
        username,
        broker.password(),
        Optional.empty());
  }

  /** What the broker says of the submission of somebody who logged in under another name. */
  private static Optional<String> submittedBy(String name) throws Exception {
    try (Connection connection = broker.connectionFactory().newConnection();
        Channel channel = connection.createChannel()) {
      JobBroker jobs = new JobBroker(settings(name), connection, InstantSource.system());
      jobs.prepare();
      channel.queuePurge(Topology.JOBS_QUEUE);
      jobs.publish(
          List.of(
              new JobMessage(
                  1,
                  "a",
                  JobSource.Inline.of(new byte[] {1}),
                  new Destination("data", ""),
                  JobOptions.none())));
      GetResponse job = channel.basicGet(Topology.JOBS_QUEUE, true);
      assertThat(channel.messageCount(Topology.JOBS_QUEUE)).isZero();
      return Optional.ofNullable(job.getProps().getUserId());
    }
  }

  @Test
  void aSubmissionNamesTheLogin() throws Exception {
    assertThat(submittedBy(broker.user())).contains(broker.user());
  }

  @Test
  void aLoginThatTheBrokerKnowsByAnotherNameIsNotNamedAndSubmitsAllTheSame() throws Exception {
    assertThat(submittedBy("token-of-somebody")).isEmpty();
    assertThat(submittedBy("")).isEmpty();
  }
}
