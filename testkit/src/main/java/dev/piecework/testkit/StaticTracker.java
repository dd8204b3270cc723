package dev.piecework.testkit;

import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * An HTTP tracker in this JVM that answers every announce with the same peers (BEP 3, 23), and
 * remembers who asked. For clients that can be told of a peer in no other way, and for tests of
 * announcing.
 */
public final class StaticTracker implements AutoCloseable {
  private final HttpServer server;
  private final List<InetSocketAddress> peers;
  private final List<String> announces = new CopyOnWriteArrayList<>();

  private StaticTracker(HttpServer server, List<InetSocketAddress> peers) {
    this.server = server;
    this.peers = new CopyOnWriteArrayList<>(peers);
  }

  /** Starts one on any port of all addresses. */
  public static StaticTracker start(List<InetSocketAddress> peers) {
    try {
      HttpServer server = HttpServer.create(new InetSocketAddress(Ports.free()), 0);
      StaticTracker tracker = new StaticTracker(server, peers);
      server.createContext(
          "/announce",
          exchange -> {
            tracker.announces.add(String.valueOf(exchange.getRequestURI().getRawQuery()));
            byte[] answer = tracker.answer();
            exchange.sendResponseHeaders(200, answer.length);
            try (var body = exchange.getResponseBody()) {
              body.write(answer);
            }
          });
      server.start();
      return tracker;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot start a tracker", e);
    }
  }

  /** Its announce URL. */
  public String announceUrl() {
    return "http://127.0.0.1:" + server.getAddress().getPort() + "/announce";
  }

  /** Query strings of all announces so far, as sent. */
  public List<String> announces() {
    return List.copyOf(announces);
  }

  /** Adds a peer to later answers. */
  public void add(InetSocketAddress peer) {
    peers.add(peer);
  }

  @Override
  public void close() {
    server.stop(0);
  }

  private byte[] answer() {
    ByteArrayOutputStream compact = new ByteArrayOutputStream();
    for (InetSocketAddress peer : peers) {
      compact.writeBytes(peer.getAddress().getAddress());
      compact.write(peer.getPort() >>> 8);
      compact.write(peer.getPort());
    }
    return Bencoding.encode(
        Map.of("interval", 10, "min interval", 2, "peers", compact.toByteArray()));
  }
}
