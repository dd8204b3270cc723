package dev.piecework.acceptance.faults;

import java.time.Duration;
import java.util.Locale;

/** One thing that goes wrong in a round. */
sealed interface Fault {
  /** When it begins. */
  Moment when();

  /** Its name in the totals. */
  String kind();

  /**
   * {@code kill -9}; another worker takes its place.
   *
   * @param worker the place
   * @param away until the other starts
   * @param hostLost whether the scratch folder is gone with it
   */
  record Kill(Moment when, int worker, Duration away, boolean hostLost) implements Fault {
    @Override
    public String kind() {
      return "kill";
    }

    @Override
    public String toString() {
      return "%s kill worker %d%s, another after %s"
          .formatted(when, worker, hostLost ? " and its disk" : "", seconds(away));
    }
  }

  /** SIGSTOP, and SIGCONT when its leases have long expired. */
  record Freeze(Moment when, int worker, Duration length) implements Fault {
    @Override
    public String kind() {
      return "freeze";
    }

    @Override
    public String toString() {
      return "%s freeze worker %d for %s".formatted(when, worker, seconds(length));
    }
  }

  /** SIGTERM; it is started again on its host. */
  record Terminate(Moment when, int worker, Duration away) implements Fault {
    @Override
    public String kind() {
      return "term";
    }

    @Override
    public String toString() {
      return "%s term worker %d, again after %s".formatted(when, worker, seconds(away));
    }
  }

  /** All connections to a service are closed, some times in a row; new ones work. */
  record Cut(Moment when, Service service, int times) implements Fault {
    @Override
    public String kind() {
      return service + "-cut";
    }

    @Override
    public String toString() {
      return "%s cut %s %dx".formatted(when, service, times);
    }
  }

  /** A service is down: connections are closed, and so are new ones. */
  record Outage(Moment when, Service service, Duration length) implements Fault {
    @Override
    public String kind() {
      return service + "-down";
    }

    @Override
    public String toString() {
      return "%s %s down for %s".formatted(when, service, seconds(length));
    }
  }

  /** Connections stay, but nothing moves on them. */
  record Hang(Moment when, Service service, Duration length) implements Fault {
    @Override
    public String kind() {
      return service + "-hang";
    }

    @Override
    public String toString() {
      return "%s %s hangs for %s".formatted(when, service, seconds(length));
    }
  }

  /**
   * A service answers late.
   *
   * @param perRead before each piece of data, either way
   */
  record Slow(Moment when, Service service, Duration length, Duration perRead) implements Fault {
    @Override
    public String kind() {
      return service + "-slow";
    }

    @Override
    public String toString() {
      return "%s %s slow by %d ms for %s"
          .formatted(when, service, perRead.toMillis(), seconds(length));
    }
  }

  /** The store answers some of all requests with an error. */
  record StoreErrors(Moment when, int status, int oneOf, Duration length) implements Fault {
    @Override
    public String kind() {
      return "store-" + status;
    }

    @Override
    public String toString() {
      return "%s store answers 1 of %d with %d for %s"
          .formatted(when, oneOf, status, seconds(length));
    }
  }

  /** The store does what it is asked, but its answer is lost. */
  record LostAnswers(Moment when, Request request, int times) implements Fault {
    /** Which requests. */
    enum Request {
      CREATE,
      PART,
      COMPLETE,
      PUT
    }

    @Override
    public String kind() {
      return "store-lost-answer";
    }

    @Override
    public String toString() {
      return "%s store's next %d answers to %s lost"
          .formatted(when, times, request.name().toLowerCase(Locale.ROOT));
    }
  }

  /**
   * One worker's link to a service fails; the other workers' do not.
   *
   * @param length at least; it ends when a job that is submitted meanwhile has come to its end
   */
  record Link(Moment when, int worker, Service service, LinkFault how, Duration length)
      implements Fault {
    @Override
    public String kind() {
      return "link-" + how;
    }

    @Override
    public String toString() {
      return "%s worker %d's link to %s: %s for %s"
          .formatted(when, worker, service, how, seconds(length));
    }
  }

  /** All links to the seeder of a job fail, where the peer came with the job. */
  record Peer(Moment when, int job, LinkFault how, Duration length) implements Fault {
    @Override
    public String kind() {
      return "peer-" + how;
    }

    @Override
    public String toString() {
      return "%s links to the seeder of job %d: %s for %s"
          .formatted(when, job, how, seconds(length));
    }
  }

  /** A worker's time of day is an hour ahead. */
  record Clock(Moment when, int worker, Duration length) implements Fault {
    @Override
    public String kind() {
      return "clock";
    }

    @Override
    public String toString() {
      return "%s worker %d's clock an hour ahead for %s".formatted(when, worker, seconds(length));
    }
  }

  /** Another process runs for a while with a copy of a worker's scratch identity. */
  record Twin(Moment when, int worker, Duration length) implements Fault {
    @Override
    public String kind() {
      return "twin";
    }

    @Override
    public String toString() {
      return "%s a second worker with the identity of worker %d for %s"
          .formatted(when, worker, seconds(length));
    }
  }

  /** A job is submitted again, as producers do that are not sure. */
  record Resubmit(Moment when, int job, int times) implements Fault {
    @Override
    public String kind() {
      return "resubmit";
    }

    @Override
    public String toString() {
      return "%s submit job %d again %dx".formatted(when, job, times);
    }
  }

  /** A job is paused by order, and resumed after a while. */
  record Pause(Moment when, int job, Duration length) implements Fault {
    @Override
    public String kind() {
      return "pause";
    }

    @Override
    public String toString() {
      return "%s pause job %d for %s".formatted(when, job, seconds(length));
    }
  }

  /**
   * A job is cancelled by order.
   *
   * @param delete whether its objects are to go too
   * @param retry whether it is started again by order, once it is cancelled
   */
  record Cancel(Moment when, int job, boolean delete, boolean retry) implements Fault {
    @Override
    public String kind() {
      return retry ? "cancel-retry" : "cancel";
    }

    @Override
    public String toString() {
      return "%s cancel job %d%s%s"
          .formatted(when, job, delete ? " and its objects" : "", retry ? ", then retry it" : "");
    }
  }

  /** For people. */
  static String seconds(Duration time) {
    return String.format(Locale.ROOT, "%.1f s", time.toMillis() / 1000.0);
  }
}
