package dev.piecework.worker.store;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;

/** Answers everything with a page for people, and 200: what stands where a store is meant to be. */
final class PageServer implements AutoCloseable {
  private static final byte[] PAGE =
      "<html><body>Please log in<br></body></html>".getBytes(StandardCharsets.UTF_8);

  private final HttpServer server;
  private final AtomicInteger posts = new AtomicInteger();

  private PageServer(HttpServer server) {
    this.server = server;
  }

  static PageServer start() throws IOException {
    HttpServer http =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    PageServer server = new PageServer(http);
    http.createContext(
        "/",
        exchange -> {
          try (exchange) {
            if (exchange.getRequestMethod().equals("POST")) {
              server.posts.incrementAndGet();
            }
            exchange.getRequestBody().readAllBytes();
            exchange.sendResponseHeaders(200, PAGE.length);
            exchange.getResponseBody().write(PAGE);
          }
        });
    http.start();
    return server;
  }

  URI endpoint() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  /** POST requests so far. */
  int posts() {
    return posts.get();
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
