package dev.piecework.worker.intake;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.AlreadyClosedException;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.Delivery;
import dev.piecework.message.JobMessage;
import dev.piecework.message.JobMessageCodec;
import dev.piecework.message.MessageException;
import dev.piecework.message.Topology;
import dev.piecework.worker.broker.Author;
import dev.piecework.worker.broker.BrokerConnection;
import dev.piecework.worker.database.SqlFaults;
import dev.piecework.worker.gate.IntakeGate;
import dev.piecework.worker.job.IdTakenException;
import dev.piecework.worker.job.Registrations;
import dev.piecework.worker.job.Submission;
import dev.piecework.worker.loop.OneLarge;
import dev.piecework.worker.outbox.OutboxPump;
import java.io.IOException;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.transaction.TransactionException;

/**
 * Takes the copies of job messages by which jobs are known before a worker has a slot for them. One
 * after the other, each acknowledged when it is written down; running jobs do not hold it up. While
 * the database does not answer the message at hand waits, until the {@link IntakeGate} closes. What
 * is no job is left to {@link JobIntake}, which gets the same message and says what is wrong with
 * it.
 */
public final class RegistrationIntake {
  private static final Logger LOG = LoggerFactory.getLogger(RegistrationIntake.class);
  private static final Duration PAUSE = Duration.ofSeconds(1);

  /** A message may have 16 MiB. */
  private static final int PREFETCH = 1;

  private static final int MAX_TRIES = 5;

  private final Registrations registrations;
  private final OutboxPump outbox;
  private final Duration defaultDeadline;
  private final boolean requireUserId;
  private final IntakeGate gate;
  private volatile boolean closing;

  /**
   * Writes down what it takes, and has its events published.
   *
   * @param defaultDeadline of jobs that have none of their own; zero for none
   * @param requireUserId whether what does not say who sent it is left to {@link JobIntake} too
   * @param gate while it is closed, messages in hand are left to whoever closes their channel
   */
  public RegistrationIntake(
      Registrations registrations,
      OutboxPump outbox,
      Duration defaultDeadline,
      boolean requireUserId,
      IntakeGate gate) {
    this.gate = gate;
    this.registrations = registrations;
    this.outbox = outbox;
    this.defaultDeadline = defaultDeadline;
    this.requireUserId = requireUserId;
  }

  /**
   * Takes registrations for as long as the channel that it opens is open.
   *
   * @throws IOException if the broker refuses
   */
  public Channel consume(Connection connection) throws IOException {
    Channel channel = connection.createChannel();
    channel.basicQos(PREFETCH);
    channel.basicConsume(
        Topology.REGISTRATIONS_QUEUE, false, (_, message) -> take(channel, message), _ -> {});
    return channel;
  }

  /**
   * Takes nothing more: what is delivered from now on stays unacknowledged, and the broker gives it
   * to somebody else when the connection closes.
   */
  public void close() {
    closing = true;
  }

  private void take(Channel channel, Delivery message) {
    try {
      if (settle(message)) {
        channel.basicAck(message.getEnvelope().getDeliveryTag(), false);
      }
    } catch (IOException | AlreadyClosedException e) {
      LOG.debug("a registration will be delivered again: {}", e.toString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** False if it is not settled, because this worker ends. */
  private boolean settle(Delivery message) throws InterruptedException {
    byte[] body = message.getBody();
    if (BrokerConnection.droppedBytes(body).isPresent()) {
      LOG.debug("not registered: longer than any job");
      return true;
    }
    for (int tries = 1; !closing && gate.everythingHeldBack().isEmpty(); tries++) {
      try {
        OneLarge.run(
            body.length,
            () -> {
              register(message);
              return true;
            });
        return true;
      } catch (DataAccessException | TransactionException e) {
        if (SqlFaults.lasting(e)) {
          LOG.warn(
              "cannot register a job: {}. It is refused when its message is taken",
              SqlFaults.cause(e));
          return true;
        }
        LOG.warn("a registration waits for the database: {}", SqlFaults.cause(e));
        Thread.sleep(PAUSE);
      } catch (RuntimeException e) {
        LOG.error("unexpected failure of a registration: please report", e);
        if (tries >= MAX_TRIES) {
          return true;
        }
        Thread.sleep(PAUSE);
      }
    }
    return false;
  }

  private void register(Delivery message) {
    JobMessage job;
    try {
      job = JobMessageCodec.decode(message.getBody());
    } catch (MessageException e) {
      LOG.debug("not registered: {}", e.getMessage());
      return;
    }
    Submission submission = submission(job, message).withDefaultDeadline(defaultDeadline);
    if (submission.isAnonymous() && requireUserId) {
      LOG.debug("not registered: {}", Author.REQUIRED);
      return;
    }
    try {
      if (registrations.register(submission)) {
        LOG.debug("job {} is registered", job.id());
        outbox.wake();
      }
    } catch (IdTakenException e) {
      LOG.debug("not registered: {}", e.getMessage());
      outbox.wake();
    }
  }

  private Submission submission(JobMessage job, Delivery message) {
    AMQP.BasicProperties properties = message.getProperties();
    String id = Incoming.messageId(properties);
    return new Submission(
        job,
        id,
        Incoming.saysContinuation(properties) && outbox.continues(job.id(), id),
        message.getEnvelope().isRedeliver(),
        Incoming.trace(properties),
        Author.of(properties));
  }
}
