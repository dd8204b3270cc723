package dev.piecework.worker.intake;

import com.rabbitmq.client.AMQP;
import dev.piecework.message.JobMessage;
import dev.piecework.message.JobMessageCodec;
import dev.piecework.message.MessageException;
import dev.piecework.message.Topology;
import dev.piecework.text.ForeignText;
import dev.piecework.worker.broker.Author;
import dev.piecework.worker.broker.BrokerConnection;
import dev.piecework.worker.broker.OutgoingMessage;
import dev.piecework.worker.broker.PublishException;
import dev.piecework.worker.broker.Publisher;
import dev.piecework.worker.database.SqlFaults;
import dev.piecework.worker.fault.Fault;
import dev.piecework.worker.gate.IntakeGate;
import dev.piecework.worker.job.Admissions;
import dev.piecework.worker.job.Claim;
import dev.piecework.worker.job.IdTakenException;
import dev.piecework.worker.job.JobEntries;
import dev.piecework.worker.job.Submission;
import dev.piecework.worker.loop.OneLarge;
import dev.piecework.worker.outbox.OutboxPump;
import dev.piecework.worker.pipeline.JobRunner;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;
import org.springframework.dao.DataAccessException;
import org.springframework.transaction.TransactionException;

/**
 * Takes job messages. A message brings its job into the queue, which is in the rows, and is then
 * worth one claim of the job whose turn it is there, its own or another. It is acknowledged when
 * that job's run has ended and is written down; so as many messages are on the broker as jobs wait
 * or run, which is what scalers count. One that finds no job waiting is acknowledged at once: its
 * own is held, or has ended, and the row, not the broker, brings it back.
 *
 * <p>While the database does not answer, the message waits in hand for a few seconds; then the
 * {@link IntakeGate} closes, and the broker gives it to a worker whose database answers. A message
 * that the database will never take is dead-lettered, and so is what meets a defect of ours again
 * and again: the next worker would fare no better.
 */
public final class JobIntake {
  private static final Logger LOG = LoggerFactory.getLogger(JobIntake.class);
  private static final Duration PAUSE = Duration.ofSeconds(1);
  private static final Duration SLOT_WAIT = Duration.ofMillis(200);

  /** How often an idle worker looks for queued jobs whose messages do not come. */
  private static final Duration LOOK_INTERVAL = Duration.ofSeconds(1);

  /** How long such a job's message is waited for. */
  private static final Duration MESSAGE_WAIT = Duration.ofSeconds(2);

  private static final int MAX_TRIES = 5;
  private static final int MAX_CONTENT_TYPE = 100;

  private final Admissions admissions;
  private final JobRunner runner;
  private final Publisher publisher;
  private final OutboxPump outbox;
  private final IntakeMetrics metrics;
  private final Duration defaultDeadline;
  private final boolean requireUserId;
  private final IntakeGate gate;
  private volatile Optional<Delivery> undecided = Optional.empty();
  private volatile boolean closing;

  /** Of the thread that takes messages. */
  private long lookedAt = System.nanoTime();

  /**
   * Hands claimed jobs to a runner.
   *
   * @param defaultDeadline of jobs that have none of their own; zero for none
   * @param requireUserId whether a submission that does not say who sent it is refused
   * @param gate while it is closed, a message in hand is given back
   */
  public JobIntake(
      Admissions admissions,
      JobRunner runner,
      Publisher publisher,
      OutboxPump outbox,
      IntakeMetrics metrics,
      Duration defaultDeadline,
      boolean requireUserId,
      IntakeGate gate) {
    this.admissions = admissions;
    this.runner = runner;
    this.publisher = publisher;
    this.outbox = outbox;
    this.metrics = metrics;
    this.defaultDeadline = defaultDeadline;
    this.requireUserId = requireUserId;
    this.gate = gate;
  }

  /** Takes nothing more: a message in hand is given back. */
  public void close() {
    closing = true;
  }

  private boolean taking() {
    return !closing && gate.jobsHeldBack().isEmpty();
  }

  /**
   * Waits for a free slot, without taking it.
   *
   * @return false if none was free in time
   */
  boolean awaitRoom(Duration atMost) throws InterruptedException {
    if (!runner.takeSlot(atMost)) {
      return false;
    }
    runner.giveBackSlot();
    return true;
  }

  /**
   * Has a message run, left alone, or set aside with its reason; whatever it contains, and in
   * bounded tries. What is still undecided when this worker may take no more is given back.
   */
  void take(Incoming message) throws InterruptedException {
    undecided = Optional.of(message.delivery());
    try {
      decide(message);
    } finally {
      undecided = Optional.empty();
      MDC.remove("job");
      MDC.remove("trace");
    }
  }

  /**
   * Gives back the message whose fate is not decided yet, from another thread than the one that
   * waits for a database which does not answer. Should that have claimed the job all the same,
   * whoever gets the message finds it held.
   */
  void giveBackUndecided() {
    undecided.ifPresent(Delivery::giveBack);
  }

  private void decide(Incoming message) throws InterruptedException {
    for (int tries = 1; taking(); tries++) {
      try {
        settle(message);
        return;
      } catch (DataAccessException | TransactionException e) {
        if (SqlFaults.lasting(e)) {
          refuse(message, SqlFaults.fault(e));
          return;
        }
        LOG.warn("a message waits for the database: {}", SqlFaults.cause(e));
        Thread.sleep(PAUSE);
      } catch (IdTakenException e) {
        outbox.wake();
        refuse(message, e.fault());
        return;
      } catch (RuntimeException e) {
        LOG.error("unexpected failure of a message: please report", e);
        if (tries >= MAX_TRIES) {
          refuse(
              message,
              new Fault(
                  Fault.Kind.INTERNAL,
                  "unexpected, %d times: %s: %s"
                      .formatted(tries, e.getClass().getSimpleName(), e.getMessage())));
          return;
        }
        Thread.sleep(PAUSE);
      }
    }
    message.delivery().giveBack();
  }

  private void settle(Incoming message) throws InterruptedException {
    OptionalLong dropped = BrokerConnection.droppedBytes(message.body());
    if (dropped.isPresent()) {
      refuse(
          message,
          new Fault(
              Fault.Kind.INVALID_MESSAGE,
              "TOO_LARGE: the message has %d bytes, at most %d are read; its body is dropped. Name a large torrent file by URL or s3:// instead of sending it inline"
                  .formatted(dropped.getAsLong(), JobMessageCodec.MAX_BYTES)));
      return;
    }
    switch (OneLarge.run(message.body().length, () -> read(message.body()))) {
      case Read.Refused(Fault fault) -> refuse(message, fault);
      case Read.Job(JobMessage job) -> {
        MDC.put("job", job.id());
        Submission submission =
            new Submission(
                    job,
                    message.messageId(),
                    message.saysContinuation() && outbox.continues(job.id(), message.messageId()),
                    message.redelivered(),
                    message.trace(),
                    message.author())
                .withDefaultDeadline(defaultDeadline);
        if (submission.isAnonymous() && requireUserId) {
          refuse(message, new Fault(Fault.Kind.INVALID_MESSAGE, "NO_USER_ID: " + Author.REQUIRED));
          return;
        }
        submission.trace().ifPresent(trace -> MDC.put("trace", trace.traceId()));
        take(submission, message);
      }
    }
  }

  private sealed interface Read {
    record Job(JobMessage job) implements Read {}

    record Refused(Fault fault) implements Read {}
  }

  private static Read read(byte[] body) {
    try {
      return new Read.Job(JobMessageCodec.decode(body));
    } catch (MessageException e) {
      return new Read.Refused(
          new Fault(Fault.Kind.INVALID_MESSAGE, e.error() + ": " + e.getMessage()));
    }
  }

  private void take(Submission submission, Incoming message) throws InterruptedException {
    if (runner.takeSlot(Duration.ZERO)) {
      runInSlot(submission, message);
      return;
    }
    // Whether it needs a slot at all; and if so, its row is there while it waits for one.
    Admissions.Admission admission =
        OneLarge.run(message.body().length, () -> admissions.admit(submission));
    outbox.wake();
    switch (admission) {
      case LEAVE -> leave(submission, message);
      case CLAIM, TAKE_OVER -> claim(submission, message);
    }
  }

  private void claim(Submission submission, Incoming message) throws InterruptedException {
    while (!runner.takeSlot(SLOT_WAIT)) {
      if (!taking()) {
        message.delivery().giveBack();
        return;
      }
    }
    runInSlot(submission, message);
  }

  private void runInSlot(Submission submission, Incoming message) {
    boolean started = runInSlot(() -> admissions.take(submission), message.delivery()::acknowledge);
    if (started) {
      metrics.claimed();
    } else {
      leave(submission, message);
    }
  }

  /**
   * Runs what is claimed, in the slot that was taken, which is given back if there is nothing.
   *
   * @param settled as of {@link JobRunner#start}
   */
  private boolean runInSlot(Supplier<Optional<Claim>> claiming, Runnable settled) {
    boolean started = false;
    try {
      // The job that is claimed may be larger than the message that it is claimed by.
      Optional<Claim> claim = OneLarge.run(Integer.MAX_VALUE, claiming);
      if (claim.isPresent()) {
        runner.start(claim.get(), settled);
        started = true;
        metrics.waited(claim.get().waited());
      }
      outbox.wake();
      return started;
    } finally {
      if (!started) {
        runner.giveBackSlot();
      }
    }
  }

  /**
   * Runs queued jobs whose messages do not come: the broker has lost them, or they were used up. To
   * be called when no message waits; looks at most once a second.
   */
  void takeWithoutMessages() throws InterruptedException {
    long now = System.nanoTime();
    if (now - lookedAt < LOOK_INTERVAL.toNanos()) {
      return;
    }
    lookedAt = now;
    try {
      boolean started = true;
      while (started && taking() && runner.takeSlot(Duration.ZERO)) {
        started = runInSlot(() -> admissions.next(MESSAGE_WAIT), () -> {});
      }
    } catch (DataAccessException | TransactionException e) {
      LOG.debug("cannot look for queued jobs: {}", SqlFaults.cause(e));
    } catch (RuntimeException e) {
      LOG.error("unexpected failure of a claim: please report", e);
    } finally {
      MDC.remove("trace");
    }
  }

  private void leave(Submission submission, Incoming message) {
    LOG.debug("job {}: nothing to do", submission.job().id());
    metrics.left();
    message.delivery().acknowledge();
  }

  /** Sets aside what is no job, has the id of another, or cannot be written down. */
  private void refuse(Incoming message, Fault fault) throws InterruptedException {
    LOG.warn("message refused: {}", fault.message());
    metrics.refused();
    boolean read = BrokerConnection.droppedBytes(message.body()).isEmpty();
    AMQP.BasicProperties properties = message.properties();
    OutgoingMessage dead =
        new OutgoingMessage(
            message.messageId(),
            Topology.DEAD_LETTER_EXCHANGE,
            "",
            Optional.ofNullable(properties.getPriority()).orElse(0),
            Optional.ofNullable(properties.getContentType())
                .map(type -> ForeignText.line(type, MAX_CONTENT_TYPE))
                .orElse(JobMessageCodec.CONTENT_TYPE),
            Map.copyOf(JobEntries.reasonHeaders(fault)),
            true,
            read ? message.body() : new byte[0]);
    for (int tries = 1; taking(); tries++) {
      try {
        publisher.publishOrThrow(dead);
        message.delivery().acknowledge();
        return;
      } catch (PublishException e) {
        LOG.warn("refused message waits: {}", e.getMessage());
        if (tries == MAX_TRIES && read) {
          // It comes among the dead letters all the same, if without a reason.
          message.delivery().setAside();
          return;
        }
        Thread.sleep(PAUSE);
      }
    }
    message.delivery().giveBack();
  }
}
