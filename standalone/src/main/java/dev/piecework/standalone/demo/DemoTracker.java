package dev.piecework.standalone.demo;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.piecework.bencode.BencodeWriter;
import dev.piecework.standalone.embedded.Loopback;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A tracker for peers of this machine (BEP 3, compact answers of BEP 23). */
final class DemoTracker implements AutoCloseable {
  private static final Pattern INFO_HASH = Pattern.compile("(?:^|&)info_hash=([^&]*)");
  private static final Pattern PORT = Pattern.compile("(?:^|&)port=(\\d{1,5})(?:&|$)");
  private static final Pattern STOPPED = Pattern.compile("(?:^|&)event=stopped(?:&|$)");
  private static final int INTERVAL_SECONDS = 10;

  private final HttpServer server;
  private final Map<String, Set<Integer>> ports = new ConcurrentHashMap<>();

  private DemoTracker(HttpServer server) {
    this.server = server;
  }

  static DemoTracker start() throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.ofLiteral(Loopback.ADDRESS), 0), 0);
    DemoTracker tracker = new DemoTracker(server);
    server.createContext("/announce", tracker::announce);
    server.start();
    return tracker;
  }

  String announceUrl() {
    return "http://%s:%d/announce".formatted(Loopback.ADDRESS, server.getAddress().getPort());
  }

  /** Peers that have announced themselves, for all torrents together. */
  int peers() {
    return ports.values().stream().mapToInt(Set::size).sum();
  }

  private void announce(HttpExchange exchange) throws IOException {
    String query = String.valueOf(exchange.getRequestURI().getRawQuery());
    Matcher infoHash = INFO_HASH.matcher(query);
    Matcher port = PORT.matcher(query);
    byte[] answer;
    if (infoHash.find() && port.find()) {
      int own = Integer.parseInt(port.group(1));
      Set<Integer> known =
          ports.computeIfAbsent(infoHash.group(1), _ -> ConcurrentHashMap.newKeySet());
      if (STOPPED.matcher(query).find()) {
        known.remove(own);
      } else {
        known.add(own);
      }
      answer = answer(known, own);
    } else {
      answer =
          BencodeWriter.dictionary().put("failure reason", "info_hash or port missing").encode();
    }
    exchange.sendResponseHeaders(200, answer.length);
    try (var body = exchange.getResponseBody()) {
      body.write(answer);
    }
  }

  private static byte[] answer(Set<Integer> known, int own) {
    ByteArrayOutputStream compact = new ByteArrayOutputStream();
    for (int port : new TreeSet<>(known)) {
      if (port != own) {
        compact.writeBytes(InetAddress.ofLiteral(Loopback.ADDRESS).getAddress());
        compact.write(port >>> 8);
        compact.write(port);
      }
    }
    return BencodeWriter.dictionary()
        .put("interval", INTERVAL_SECONDS)
        .put("peers", compact.toByteArray())
        .encode();
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
