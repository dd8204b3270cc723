package dev.piecework.worker.control;

import dev.piecework.message.ControlReply;
import dev.piecework.message.ControlReply.Code;
import dev.piecework.message.ControlReply.Refused;
import dev.piecework.message.ControlRequest;
import dev.piecework.message.ControlRequest.Cancel;
import dev.piecework.message.ControlRequest.GetJob;
import dev.piecework.message.ControlRequest.GetLimits;
import dev.piecework.message.ControlRequest.ListJobs;
import dev.piecework.message.ControlRequest.OfJob;
import dev.piecework.message.ControlRequest.Pause;
import dev.piecework.message.ControlRequest.Prioritize;
import dev.piecework.message.ControlRequest.Resume;
import dev.piecework.message.ControlRequest.Retry;
import dev.piecework.message.JobStatus;
import dev.piecework.worker.cancel.Clearances;
import dev.piecework.worker.database.SqlFaults;
import dev.piecework.worker.gate.IntakeGate;
import dev.piecework.worker.job.JobStatuses;
import dev.piecework.worker.job.Orders;
import dev.piecework.worker.job.Orders.Outcome;
import dev.piecework.worker.outbox.OutboxPump;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.transaction.TransactionException;

/**
 * Answers requests: from SQL, but for the limits of this worker. What is ordered is written there
 * first; then whoever holds the job is nudged, and the effect is waited for by looking at the row,
 * wherever the job is.
 */
public final class RequestHandler {
  private static final Logger LOG = LoggerFactory.getLogger(RequestHandler.class);
  private static final Duration FIRST_LOOK = Duration.ofMillis(20);
  private static final Duration LONGEST_PAUSE = Duration.ofMillis(250);

  /** Beyond the wait for an effect, when the sender does not say how long it waits. */
  private static final Duration SPARE = Duration.ofSeconds(2);

  private final Orders orders;
  private final JobStatuses statuses;
  private final Clearances clearances;
  private final OutboxPump outbox;
  private final LimitsReport limits;
  private final Duration longestWait;
  private final IntakeGate gate;
  private volatile boolean closing;

  /**
   * @param longestWait how long an order's effect is waited for before the answer is "not yet"
   * @param gate while it is closed for everything, the answer is at once that nothing is known
   */
  RequestHandler(
      Orders orders,
      JobStatuses statuses,
      Clearances clearances,
      OutboxPump outbox,
      LimitsReport limits,
      Duration longestWait,
      IntakeGate gate) {
    this.orders = orders;
    this.statuses = statuses;
    this.clearances = clearances;
    this.outbox = outbox;
    this.limits = limits;
    this.longestWait = longestWait;
    this.gate = gate;
  }

  /**
   * Does what is asked and says what came of it. Blocks until an order is in effect, or for as long
   * as the answer may take: a database that hangs, or is away, must not outlast the sender.
   *
   * @param author the broker's user who asks; empty if not known
   * @param requestId tells one that is delivered again; empty if the sender gave none
   * @param patience how long the sender waits; it is answered within seven eighths of it, an
   *     order's effect is waited for during three quarters at most. Empty if it does not say
   * @param nudge says to all workers that a job has an order
   */
  public ControlReply handle(
      ControlRequest request,
      String author,
      String requestId,
      Optional<Duration> patience,
      Consumer<String> nudge) {
    if (gate.everythingHeldBack().isPresent() && !(request instanceof GetLimits)) {
      return unavailable(request);
    }
    Duration wait =
        patience
            .map(all -> all.multipliedBy(3).dividedBy(4))
            .filter(most -> most.compareTo(longestWait) < 0)
            .orElse(longestWait);
    Duration limit =
        patience.map(all -> all.multipliedBy(7).dividedBy(8)).orElse(longestWait.plus(SPARE));
    CompletableFuture<ControlReply> reply = new CompletableFuture<>();
    // Never interrupted: an interrupt closes an H2 database under everybody.
    Thread.ofVirtual()
        .name("answer")
        .start(() -> {
          try {
            reply.complete(handle(request, orders.by(author), requestId, wait, nudge));
          } catch (RuntimeException e) {
            reply.completeExceptionally(e);
          }
        });
    try {
      return reply.get(limit.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      LOG.warn(
          "a request could not be answered within {} ms: the database does not answer",
          limit.toMillis());
      return unavailable(request);
    } catch (ExecutionException e) {
      LOG.error("unexpected failure of a request: please report", e.getCause());
      return new Refused(
          Code.UNAVAILABLE,
          "this worker failed to answer, for a reason that is in its log; ask again");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return unavailable("this worker is being stopped; ask again");
    }
  }

  /** Even an order that failed at once may have been taken: the failure may be the answer's. */
  private static Refused unavailable(ControlRequest request) {
    return unavailable(
        request instanceof OfJob && !(request instanceof GetJob)
            ? "whether the order was taken is not known, and it may yet be: \"get\" tells when the"
                + " database is back"
            : "try again later");
  }

  private static Refused unavailable(String advice) {
    return new Refused(
        Code.UNAVAILABLE,
        "the workers' database does not answer now, so that nothing is known about the jobs; "
            + advice);
  }

  private ControlReply handle(
      ControlRequest request,
      Orders named,
      String requestId,
      Duration wait,
      Consumer<String> nudge) {
    try {
      return switch (request) {
        case GetLimits _ -> limits.now();
        case ListJobs list -> list(list);
        case GetJob get ->
            statuses
                .find(get.job())
                .<ControlReply>map(
                    job -> new ControlReply.Details(job, statuses.transitions(job.id())))
                .orElseGet(() -> notFound(get.job()));
        case Pause pause -> {
          Outcome first = named.pause(requestId, pause.job(), pause.reason());
          yield answer(
              pause, awaited(first, pause, wait, nudge, () -> orders.pauseStands(pause.job())));
        }
        case Cancel cancel -> {
          Outcome first =
              named.cancel(requestId, cancel.job(), cancel.deleteObjects(), cancel.reason());
          if (first instanceof Outcome.Waiting) {
            clearances.wake(cancel.job());
          }
          yield answer(
              cancel,
              awaited(
                  first,
                  cancel,
                  wait,
                  nudge,
                  () -> orders.cancelStands(cancel.job(), cancel.deleteObjects())));
        }
        case Resume resume -> answer(resume, named.resume(requestId, resume.job()));
        case Retry retry -> answer(retry, named.retry(requestId, retry.job()));
        case Prioritize order ->
            answer(order, named.prioritize(requestId, order.job(), order.priority()));
      };
    } catch (DataAccessException | TransactionException e) {
      LOG.warn("cannot answer a request: {}", SqlFaults.cause(e));
      return SqlFaults.lasting(e)
          ? new Refused(
              Code.INVALID, "the database refused what the request says: " + SqlFaults.cause(e))
          : unavailable(request);
    }
  }

  private ControlReply list(ListJobs question) {
    List<String> unknown = JobStatuses.unknownStates(question.states());
    if (!unknown.isEmpty()) {
      return new Refused(
          Code.INVALID,
          "no job can be in state \"%s\": expected one of %s"
              .formatted(unknown.getFirst(), JobStatuses.stateNames()));
    }
    return statuses
        .list(question)
        .<ControlReply>map(page -> page)
        .orElseGet(() -> notFound(question.after().orElseThrow()));
  }

  private Outcome awaited(
      Outcome first,
      OfJob request,
      Duration wait,
      Consumer<String> nudge,
      Supplier<Outcome> looking) {
    outbox.wake();
    if (!(first instanceof Outcome.Waiting)) {
      return first;
    }
    nudge.accept(request.job());
    long deadline = System.nanoTime() + wait.toNanos();
    Duration pause = FIRST_LOOK;
    Outcome now = first;
    while (now instanceof Outcome.Waiting && System.nanoTime() < deadline && !closing) {
      try {
        Thread.sleep(pause);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return now;
      }
      pause = pause.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0 ? pause.multipliedBy(2) : pause;
      now = looking.get();
    }
    return now;
  }

  private ControlReply answer(OfJob request, Outcome outcome) {
    outbox.wake();
    return switch (outcome) {
      case Outcome.Done() -> ordered(request, true);
      case Outcome.Waiting() -> ordered(request, false);
      case Outcome.Conflict(String why) -> new Refused(Code.CONFLICT, why);
      case Outcome.NoSuchJob() -> notFound(request.job());
    };
  }

  private ControlReply ordered(OfJob request, boolean inEffect) {
    return statuses
        .find(request.job())
        .<ControlReply>map((JobStatus job) -> new ControlReply.Ordered(job, inEffect))
        .orElseGet(() -> notFound(request.job()));
  }

  private static Refused notFound(String job) {
    return new Refused(
        Code.NOT_FOUND,
        "there is no job \"%s\"; \"list\" shows all; one that was just submitted is known when a"
                .formatted(job)
            + " worker has registered its message, which takes a moment");
  }

  /** Has those that wait for an effect answer now. */
  public void close() {
    closing = true;
  }
}
