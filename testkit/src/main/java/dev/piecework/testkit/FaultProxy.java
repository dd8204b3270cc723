package dev.piecework.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A TCP proxy on loopback that stands between the code under test and a service, and misbehaves on
 * command: it holds all bytes or only answers, delays them, cuts connections, refuses new ones.
 * Made by {@link #tcp}; {@link #http} also answers single HTTP requests itself, by {@link #faults}.
 */
public final class FaultProxy implements AutoCloseable {
  private static final int BUFFER_BYTES = 64 * 1024;

  private final ServerSocket server;
  private final InetSocketAddress target;
  private final Optional<HttpFaults> faults;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final AtomicLong accepted = new AtomicLong();
  private final AtomicLong toTarget = new AtomicLong();
  private final AtomicLong fromTarget = new AtomicLong();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition released = lock.newCondition();
  private boolean requestsHeld;
  private boolean answersHeld;
  private volatile byte[] sign = new byte[0];
  private volatile boolean refusing;
  private volatile Duration delay = Duration.ZERO;

  private FaultProxy(ServerSocket server, InetSocketAddress target, Optional<HttpFaults> faults) {
    this.server = server;
    this.target = target;
    this.faults = faults;
  }

  /** A proxy that knows nothing of what it carries. */
  public static FaultProxy tcp(InetSocketAddress target) {
    return start(target, Optional.empty());
  }

  /** A proxy that can also answer HTTP/1.1 requests in the target's place. */
  public static FaultProxy http(InetSocketAddress target) {
    return start(target, Optional.of(new HttpFaults()));
  }

  /** Where to connect instead of the target. */
  public InetSocketAddress address() {
    return Ports.loopback(server.getLocalPort());
  }

  /** What it does to single requests; only where it was made by {@link #http}. */
  public HttpFaults faults() {
    return faults.orElseThrow(() -> new IllegalStateException("a plain TCP proxy"));
  }

  /** Holds all bytes in both directions until {@link #resume}; connections stay open. */
  public void pause() {
    hold(true, true);
  }

  /** Holds what the target says until {@link #resume}; what it is told still reaches it. */
  public void holdAnswers() {
    hold(false, true);
  }

  /**
   * The same, from the next answer on that has a sign in it: so that the target has done what it
   * was told, and nobody hears of it. A sign that two reads share is missed; the next one counts.
   *
   * @param bytes at least one; not copied
   */
  public void holdAnswersFrom(byte[] bytes) {
    sign = bytes;
  }

  /** Lets bytes flow again, and forgets the sign. */
  public void resume() {
    sign = new byte[0];
    hold(false, false);
  }

  /** Closes all connections that are open now; new ones work. */
  public void cut() {
    open.forEach(FaultProxy::closeQuietly);
  }

  /** Closes new connections at once, as a service does that is down; open ones stay. */
  public void refuse(boolean on) {
    refusing = on;
  }

  /** Waits this long before each piece of data is passed on; zero turns it off. */
  public void delay(Duration perRead) {
    delay = perRead;
  }

  /** Number of connections accepted so far. */
  public long connections() {
    return accepted.get();
  }

  /** Bytes passed to the target so far. */
  public long bytesToTarget() {
    return toTarget.get();
  }

  /** Bytes passed back so far. */
  public long bytesFromTarget() {
    return fromTarget.get();
  }

  @Override
  public void close() {
    resume();
    try {
      server.close();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot close the proxy", e);
    }
    cut();
  }

  /** Passes {@code count} bytes of {@code buffer} on, later or never, as told. */
  void pass(OutputStream out, byte[] buffer, int count, boolean up) throws IOException {
    byte[] awaited = sign;
    if (!up && awaited.length > 0 && contains(buffer, count, awaited)) {
      sign = new byte[0];
      hold(false, true);
    }
    awaitRelease(up);
    if (!delay.isZero()) {
      try {
        Thread.sleep(delay);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted", e);
      }
    }
    out.write(buffer, 0, count);
    out.flush();
    (up ? toTarget : fromTarget).addAndGet(count);
  }

  private static FaultProxy start(InetSocketAddress target, Optional<HttpFaults> faults) {
    try {
      ServerSocket server = new ServerSocket();
      server.bind(Ports.loopback(Ports.free()));
      FaultProxy proxy = new FaultProxy(server, target, faults);
      Thread.ofVirtual().name("fault-proxy").start(proxy::accept);
      return proxy;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot start a proxy to " + target, e);
    }
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket client = server.accept();
        accepted.incrementAndGet();
        if (refusing) {
          closeQuietly(client);
          continue;
        }
        Thread.ofVirtual().start(() -> serve(client));
      } catch (IOException e) {
        return; // closed
      }
    }
  }

  private void serve(Socket client) {
    open.add(client);
    Socket service = new Socket();
    open.add(service);
    try {
      service.connect(target, 10_000);
      client.setTcpNoDelay(true);
      service.setTcpNoDelay(true);
      Answers answers = new Answers();
      Thread down = Thread.ofVirtual().start(() -> pumpDown(service, client, answers));
      if (faults.isPresent()) {
        HttpRelay.run(this, faults.get(), client, service, answers);
      } else {
        pump(client.getInputStream(), service.getOutputStream(), true);
      }
      service.shutdownOutput();
      down.join();
    } catch (IOException e) {
      // One end has gone: what follows closes the other, which is all that a proxy can say.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      closeQuietly(client);
      closeQuietly(service);
      open.remove(client);
      open.remove(service);
    }
  }

  private void pumpDown(Socket service, Socket client, Answers answers) {
    byte[] buffer = new byte[BUFFER_BYTES];
    try {
      InputStream in = service.getInputStream();
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        if (answers.muted) {
          answers.came.countDown();
        } else {
          pass(client.getOutputStream(), buffer, count, false);
        }
      }
      if (!answers.muted) {
        client.shutdownOutput();
      }
    } catch (IOException e) {
      closeQuietly(client);
      closeQuietly(service);
    } finally {
      answers.came.countDown(); // none will come any more
    }
  }

  private void pump(InputStream in, OutputStream out, boolean up) throws IOException {
    byte[] buffer = new byte[BUFFER_BYTES];
    for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
      pass(out, buffer, count, up);
    }
  }

  private static boolean contains(byte[] buffer, int count, byte[] bytes) {
    for (int at = 0; at + bytes.length <= count; at++) {
      if (Arrays.equals(buffer, at, at + bytes.length, bytes, 0, bytes.length)) {
        return true;
      }
    }
    return false;
  }

  private void hold(boolean requests, boolean answers) {
    lock.lock();
    try {
      requestsHeld = requests;
      answersHeld = answers;
      released.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void awaitRelease(boolean up) {
    lock.lock();
    try {
      while (up ? requestsHeld : answersHeld) {
        released.awaitUninterruptibly();
      }
    } finally {
      lock.unlock();
    }
  }

  private static void closeQuietly(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      // it is closed either way
    }
  }

  /** The downward half of one connection: whether its answers are swallowed. */
  static final class Answers {
    private final CountDownLatch came = new CountDownLatch(1);
    private volatile boolean muted;

    /** From now on nothing reaches the client. */
    void mute() {
      muted = true;
    }

    /** Returns when the service has answered what the client will not hear, or has gone. */
    void awaitSwallowed() throws IOException {
      try {
        came.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted", e);
      }
    }
  }
}
