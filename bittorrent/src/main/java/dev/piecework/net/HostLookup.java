package dev.piecework.net;

import dev.piecework.text.ForeignText;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Looks host names up, of which strangers choose some: in bounded time, on a bounded number of
 * threads. The JDK's name service blocks in native code, for as long as a name server likes, and a
 * virtual thread in there keeps its carrier; a few names whose server is silent would stop all
 * others. Therefore these threads are platform threads, a caller waits for a bounded time, and a
 * host has one look-up in flight, which all who ask for it share: a name that hangs holds one
 * thread, however often it is asked for. From any thread.
 */
public final class HostLookup implements AutoCloseable {
  /** How long one look-up may take unless set otherwise. */
  public static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(5);

  /** Look-ups at one time unless set otherwise. */
  public static final int DEFAULT_THREADS = 8;

  /** Look-ups that wait for a thread; what is beyond is refused. */
  private static final int QUEUE = 256;

  private final Names names;
  private final Duration timeout;
  private final ThreadPoolExecutor threads;
  private final Map<String, Flight> inFlight = new ConcurrentHashMap<>();

  /** A name service; blocks. */
  @FunctionalInterface
  public interface Names {
    /**
     * All addresses of a name or literal, in order of preference.
     *
     * @throws UnknownHostException if there are none
     */
    List<InetAddress> resolve(String host) throws UnknownHostException;

    /** That of the JDK, and so of the system. */
    static Names system() {
      return host -> List.of(InetAddress.getAllByName(host));
    }
  }

  /** What came of a look-up. */
  public sealed interface Outcome {
    /** At least one address. */
    record Found(List<InetAddress> addresses) implements Outcome {}

    /**
     * None.
     *
     * @param reason for people; names the host
     * @param known whether the name service said that there is none; otherwise it may yet find some
     */
    record None(String reason, boolean known) implements Outcome {}
  }

  private record Flight(CompletableFuture<Void> taken, CompletableFuture<Outcome> answer) {}

  /**
   * @param timeout how long one look-up may take, and how long it may wait for a thread
   * @param threads look-ups at one time
   */
  public HostLookup(Names names, Duration timeout, int threads) {
    this.names = names;
    this.timeout = timeout;
    ThreadFactory factory = Thread.ofPlatform().daemon().name("name-lookup-", 1).factory();
    this.threads =
        new ThreadPoolExecutor(
            threads, threads, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(QUEUE), factory);
    this.threads.allowCoreThreadTimeOut(true);
  }

  /** The system's names, with the defaults. */
  public static HostLookup system() {
    return new HostLookup(Names.system(), DEFAULT_TIMEOUT, DEFAULT_THREADS);
  }

  /**
   * Looks a host up; a literal address is its own answer at once.
   *
   * @return completes in bounded time, never exceptionally
   */
  public CompletableFuture<Outcome> lookup(String host) {
    if (isLiteral(host)) {
      return CompletableFuture.completedFuture(literal(host));
    }
    Flight flight;
    try {
      flight = inFlight.computeIfAbsent(host, this::begin);
    } catch (RejectedExecutionException e) {
      return CompletableFuture.completedFuture(
          new Outcome.None(
              "host name "
                  + ForeignText.line(host)
                  + " not looked up: too many look-ups are waiting",
              false));
    }
    CompletableFuture<Outcome> mine = flight.answer.copy();
    Outcome late =
        new Outcome.None(
            "no answer from the name service for the host name "
                + ForeignText.line(host)
                + " within "
                + timeout.toSeconds()
                + " s",
            false);
    // One share of time for the queue, one for the look-up.
    var _ = mine.completeOnTimeout(late, 2 * timeout.toMillis(), TimeUnit.MILLISECONDS);
    var _ =
        flight.taken.thenRun(() -> {
          var _ = mine.completeOnTimeout(late, timeout.toMillis(), TimeUnit.MILLISECONDS);
        });
    return mine;
  }

  private Flight begin(String host) {
    Flight flight = new Flight(new CompletableFuture<>(), new CompletableFuture<>());
    threads.execute(() -> {
      flight.taken.complete(null);
      Outcome outcome = ask(host);
      inFlight.remove(host, flight);
      flight.answer.complete(outcome);
    });
    return flight;
  }

  private Outcome ask(String host) {
    try {
      List<InetAddress> found = names.resolve(host);
      if (!found.isEmpty()) {
        return new Outcome.Found(List.copyOf(found));
      }
    } catch (UnknownHostException e) {
      // said below
    } catch (RuntimeException e) {
      // What the name service throws for a name it cannot even ask for must not be lost.
      return new Outcome.None(
          "host name "
              + ForeignText.line(host)
              + " cannot be looked up: "
              + e.getClass().getSimpleName(),
          true);
    }
    return new Outcome.None("no address for the host name " + ForeignText.line(host), true);
  }

  private static boolean isLiteral(String host) {
    return host.indexOf(':') >= 0 || host.matches("[0-9]{1,3}(\\.[0-9]{1,3}){3}");
  }

  private static Outcome literal(String host) {
    try {
      return new Outcome.Found(List.of(InetAddress.ofLiteral(host)));
    } catch (IllegalArgumentException e) {
      return new Outcome.None(
          ForeignText.line(host) + " is neither an address nor a host name", true);
    }
  }

  /** Takes no more; what hangs in the name service is left to end by itself. */
  @Override
  public void close() {
    threads.shutdownNow();
    inFlight
        .values()
        .forEach(flight ->
            flight.answer.complete(new Outcome.None("name look-ups have been closed", false)));
  }
}
