package dev.piecework.worker.intake;

import com.rabbitmq.client.Channel;
import dev.piecework.message.JobMessage;
import dev.piecework.message.JobMessageCodec;
import dev.piecework.message.MessageException;
import dev.piecework.message.Topology;
import dev.piecework.message.TraceParent;
import dev.piecework.worker.broker.OutgoingMessage;
import dev.piecework.worker.broker.PublishException;
import dev.piecework.worker.broker.Publisher;
import dev.piecework.worker.database.SqlFaults;
import dev.piecework.worker.fault.Fault;
import dev.piecework.worker.gate.IntakeGate;
import dev.piecework.worker.job.Admissions;
import dev.piecework.worker.job.Claim;
import dev.piecework.worker.job.JobEntries;
import dev.piecework.worker.job.Submission;
import dev.piecework.worker.outbox.OutboxPump;
import dev.piecework.worker.pipeline.JobRunner;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;
import org.springframework.amqp.core.Message;
import org.springframework.amqp.core.MessageProperties;
import org.springframework.amqp.rabbit.listener.api.ChannelAwareMessageListener;
import org.springframework.dao.DataAccessException;
import org.springframework.transaction.TransactionException;

/**
 * Takes job messages. A message is acknowledged when the job's fate is written or when the row
 * alone is enough: a job that another worker holds needs no second message, because its row is
 * looked at again when that worker's lease expires, and by then the row, not the broker, brings it
 * back.
 *
 * <p>While the database does not answer, the message waits in hand for a few seconds; then the
 * {@link IntakeGate} closes, and the broker gives it to a worker whose database answers. A message
 * that the database will never take is dead-lettered.
 */
public final class JobIntake implements ChannelAwareMessageListener {
  private static final Logger LOG = LoggerFactory.getLogger(JobIntake.class);
  private static final Duration PAUSE = Duration.ofSeconds(1);
  private static final Duration SLOT_WAIT = Duration.ofMillis(200);

  private final Admissions admissions;
  private final JobRunner runner;
  private final Publisher publisher;
  private final OutboxPump outbox;
  private final IntakeMetrics metrics;
  private final Duration defaultDeadline;
  private final IntakeGate gate;
  private volatile boolean closing;

  /**
   * Hands claimed jobs to a runner.
   *
   * @param defaultDeadline of jobs that have none of their own; zero for none
   * @param gate while it is closed, messages in hand are left to whoever closes their channel
   */
  public JobIntake(
      Admissions admissions,
      JobRunner runner,
      Publisher publisher,
      OutboxPump outbox,
      IntakeMetrics metrics,
      Duration defaultDeadline,
      IntakeGate gate) {
    this.admissions = admissions;
    this.runner = runner;
    this.publisher = publisher;
    this.outbox = outbox;
    this.metrics = metrics;
    this.defaultDeadline = defaultDeadline;
    this.gate = gate;
  }

  /**
   * Takes nothing more: what is delivered from now on stays unacknowledged, and the broker gives it
   * to somebody else when the connection closes.
   */
  public void close() {
    closing = true;
  }

  private boolean taking() {
    return !closing && gate.jobsHeldBack().isEmpty();
  }

  @Override
  public void onMessage(Message message, @Nullable Channel channel) throws InterruptedException {
    if (!taking() || channel == null) {
      return;
    }
    MessageProperties properties = message.getMessageProperties();
    Delivery delivery = Delivery.of(channel, properties.getDeliveryTag());
    JobMessage job;
    try {
      job = JobMessageCodec.decode(message.getBody());
    } catch (MessageException e) {
      refuse(
          message,
          delivery,
          new Fault(Fault.Kind.INVALID_MESSAGE, e.error() + ": " + String.valueOf(e.getMessage())));
      return;
    }
    Submission submission =
        new Submission(
                job,
                Optional.ofNullable(properties.getMessageId()).orElse(""),
                properties.getHeaders().containsKey(JobEntries.CONTINUATION_HEADER),
                Boolean.TRUE.equals(properties.isRedelivered()),
                trace(properties.getHeaders().get(TraceParent.HEADER)))
            .withDefaultDeadline(defaultDeadline);
    submission.trace().ifPresent(trace -> MDC.put("trace", trace.traceId()));
    try {
      take(
          message,
          submission,
          delivery,
          Optional.ofNullable(properties.getTimestamp()).map(Date::toInstant));
    } finally {
      MDC.remove("trace");
    }
  }

  /** Anybody may write anything into a header: what is no trace is none. */
  static Optional<TraceParent> trace(@Nullable Object header) {
    return Optional.ofNullable(header).flatMap(text -> TraceParent.parse(text.toString()));
  }

  private void take(
      Message message, Submission submission, Delivery delivery, Optional<Instant> published)
      throws InterruptedException {
    while (taking()) {
      try {
        if (runner.takeSlot(Duration.ZERO)) {
          runInSlot(submission, delivery, published, () -> admissions.take(submission));
        } else {
          // Whether it needs a slot at all; and if so, its row is there while it waits for one.
          Admissions.Admission admission = admissions.admit(submission);
          outbox.wake();
          switch (admission) {
            case LEAVE -> leave(submission, delivery);
            case CLAIM -> claim(submission, delivery, published);
          }
        }
        return;
      } catch (DataAccessException | TransactionException e) {
        if (SqlFaults.lasting(e)) {
          refuse(message, delivery, SqlFaults.fault(e));
          return;
        }
        LOG.warn("job {} waits for the database: {}", submission.job().id(), SqlFaults.cause(e));
        Thread.sleep(PAUSE);
      }
    }
  }

  private void claim(Submission submission, Delivery delivery, Optional<Instant> published)
      throws InterruptedException {
    while (!runner.takeSlot(SLOT_WAIT)) {
      if (!taking()) {
        return;
      }
    }
    runInSlot(submission, delivery, published, () -> admissions.claim(submission.job().id()));
  }

  /** Runs what is claimed, in a slot that is given back if there is nothing to run. */
  private void runInSlot(
      Submission submission,
      Delivery delivery,
      Optional<Instant> published,
      Supplier<Optional<Claim>> claiming) {
    boolean started = false;
    try {
      Optional<Claim> claim = claiming.get();
      if (claim.isPresent()) {
        runner.start(claim.get(), submission.trace(), delivery::acknowledge);
        started = true;
        metrics.claimed(published);
      } else {
        leave(submission, delivery);
      }
      outbox.wake();
    } finally {
      if (!started) {
        runner.giveBackSlot();
      }
    }
  }

  private void leave(Submission submission, Delivery delivery) {
    LOG.debug("job {}: nothing to do", submission.job().id());
    metrics.left();
    delivery.acknowledge();
  }

  /** Sets aside what is no job, or cannot be written down. */
  private void refuse(Message message, Delivery delivery, Fault fault) throws InterruptedException {
    LOG.warn("message refused: {}", fault.message());
    metrics.refused();
    MessageProperties properties = message.getMessageProperties();
    OutgoingMessage dead =
        new OutgoingMessage(
            Optional.ofNullable(properties.getMessageId()).orElse(""),
            Topology.DEAD_LETTER_EXCHANGE,
            "",
            Optional.ofNullable(properties.getPriority()).orElse(0),
            Optional.ofNullable(properties.getContentType()).orElse(JobMessageCodec.CONTENT_TYPE),
            Map.copyOf(JobEntries.reasonHeaders(fault)),
            true,
            message.getBody());
    while (taking()) {
      try {
        publisher.publishOrThrow(dead);
        delivery.acknowledge();
        return;
      } catch (PublishException e) {
        LOG.warn("refused message waits: {}", e.getMessage());
        Thread.sleep(PAUSE);
      }
    }
  }
}
