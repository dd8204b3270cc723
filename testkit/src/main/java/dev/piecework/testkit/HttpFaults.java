package dev.piecework.testkit;

import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;

/** Which HTTP requests a {@link FaultProxy} answers itself, and how; may change at any time. */
public final class HttpFaults {
  /**
   * The first line of a request.
   *
   * @param method such as {@code PUT}
   * @param target path and query as sent, such as {@code /bucket/key?partNumber=1&uploadId=x}
   */
  public record Request(String method, String target) {
    /** Whether it sends one part of a multipart upload (S3). */
    public boolean uploadsPart() {
      return method.equals("PUT") && target.contains("partNumber=");
    }

    /** Whether it completes a multipart upload (S3). */
    public boolean completesUpload() {
      return method.equals("POST") && target.contains("uploadId=");
    }

    /** Whether it writes a whole object (S3). */
    public boolean putsObject() {
      return method.equals("PUT") && !target.contains("partNumber=") && target.indexOf('/', 1) > 0;
    }
  }

  /** What happens instead of an answer from the service. */
  sealed interface Fault {
    /** An answer with this status; the service never sees the request. */
    record Status(int code) implements Fault {}

    /** The connection is closed; the service never sees the request. */
    record Drop() implements Fault {}

    /** The service does what is asked, but its answer never arrives. */
    record LoseAnswer() implements Fault {}
  }

  private final List<Rule> rules = new CopyOnWriteArrayList<>();
  private final Queue<Request> seen = new ConcurrentLinkedQueue<>();

  /** Answers matching requests with a status, such as 503, until {@link #clear}. */
  public void answer(int status, Predicate<Request> which) {
    rules.add(new Rule(which, new Fault.Status(status), Integer.MAX_VALUE));
  }

  /** Answers the next {@code times} matching requests with a status. */
  public void answerNext(int times, int status, Predicate<Request> which) {
    rules.add(new Rule(which, new Fault.Status(status), times));
  }

  /** Closes the connection on the next {@code times} matching requests. */
  public void dropNext(int times, Predicate<Request> which) {
    rules.add(new Rule(which, new Fault.Drop(), times));
  }

  /** Lets the service do the next {@code times} matching requests, and loses its answers. */
  public void loseNextAnswer(int times, Predicate<Request> which) {
    rules.add(new Rule(which, new Fault.LoseAnswer(), times));
  }

  /** Passes everything on again. */
  public void clear() {
    rules.clear();
  }

  /** All requests so far, those that met a fault included. */
  public List<Request> seen() {
    return List.copyOf(seen);
  }

  /** Remembers a request and says what becomes of it. */
  synchronized Optional<Fault> judge(Request request) {
    seen.add(request);
    for (Rule rule : rules) {
      if (rule.left > 0 && rule.which.test(request)) {
        rule.left--;
        return Optional.of(rule.fault);
      }
    }
    return Optional.empty();
  }

  private static final class Rule {
    private final Predicate<Request> which;
    private final Fault fault;
    private int left;

    Rule(Predicate<Request> which, Fault fault, int times) {
      this.which = which;
      this.fault = fault;
      this.left = times;
    }
  }
}
