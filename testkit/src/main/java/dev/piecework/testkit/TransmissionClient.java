package dev.piecework.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** transmission-daemon, driven over its RPC port. */
final class TransmissionClient extends RunningClient {
  private static final int RATE_UNIT = 1000;

  private final int rpcPort;
  private String session = "";

  private TransmissionClient(
      ManagedProcess process,
      Path settings,
      TestTorrent torrent,
      Path folder,
      int port,
      int rpcPort) {
    super(process, settings, torrent, folder, port);
    this.rpcPort = rpcPort;
  }

  static TransmissionClient start(TestTorrent torrent, Path folder, ClientOptions options) {
    Path settings = Folders.temporary("transmission");
    int port = options.listenPort();
    int rpcPort = Ports.free();
    try {
      Files.write(
          settings.resolve("settings.json"),
          JsonHttp.bytes(settings(folder, port, rpcPort, options)));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write transmission's settings", e);
    }
    ManagedProcess process =
        Processes.command(
                "transmission-daemon", "--foreground", "--config-dir", settings.toString())
            // With its file descriptors preopened by nobody, it finds its settings by this alone.
            .environment("HOME", settings.toString())
            .start();
    TransmissionClient client =
        new TransmissionClient(process, settings, torrent, folder, port, rpcPort);
    try {
      process.awaitReady(
          "answering RPC", START_LIMIT, () -> client.call("session-get", Map.of()).isObject());
      client.add(torrent, options);
    } catch (RuntimeException e) {
      client.close();
      throw e;
    }
    return client;
  }

  @Override
  public Progress progress() {
    JsonNode answer =
        call(
            "torrent-get",
            Map.of(
                "fields",
                List.of("percentDone", "downloadedEver", "uploadedEver", "errorString", "status")));
    JsonNode torrent = answer.path("torrents").path(0);
    // Status 1 and 2 are waiting for and doing a check of local data: it does not serve meanwhile.
    boolean checking = torrent.path("status").asInt() == 1 || torrent.path("status").asInt() == 2;
    return new Progress(
        torrent.path("downloadedEver").asLong(),
        torrent.path("uploadedEver").asLong(),
        checking ? 0 : torrent.path("percentDone").asDouble());
  }

  @Override
  public void limitUpload(long bytesPerSecond) {
    call(
        "session-set",
        Map.of(
            "speed-limit-up",
            Math.ceilDiv(bytesPerSecond, RATE_UNIT),
            "speed-limit-up-enabled",
            bytesPerSecond > 0));
  }

  private void add(TestTorrent torrent, ClientOptions options) {
    TestTorrent added = torrent;
    if (!options.peers().isEmpty()) {
      StaticTracker tracker =
          StaticTracker.start(options.peers().stream().map(TransmissionClient::reachable).toList());
      owns(tracker);
      added = torrent.withTrackers(tracker.announceUrl());
    }
    call(
        "torrent-add",
        Map.of("metainfo", Base64.getEncoder().encodeToString(added.metainfo()), "paused", false));
  }

  /** It takes loopback for a forged address and never connects there. */
  private static InetSocketAddress reachable(InetSocketAddress peer) {
    return peer.getAddress().isLoopbackAddress()
        ? new InetSocketAddress(Ports.own(), peer.getPort())
        : peer;
  }

  private JsonNode call(String method, Map<String, Object> arguments) {
    byte[] request = JsonHttp.bytes(Map.of("method", method, "arguments", arguments));
    String url = "http://127.0.0.1:" + rpcPort + "/transmission/rpc";
    try {
      HttpResponse<String> answer = send(url, request);
      if (answer.statusCode() == 409) { // its guard against forged requests: take the id it offers
        session = answer.headers().firstValue("X-Transmission-Session-Id").orElse("");
        answer = send(url, request);
      }
      JsonNode tree = JsonHttp.tree(answer.body());
      if (!"success".equals(tree.path("result").asString())) {
        throw new TestkitException("transmission answered " + method + " with " + answer.body());
      }
      return tree.path("arguments");
    } catch (IOException e) {
      throw new UncheckedIOException("no answer from transmission's RPC port", e);
    }
  }

  private HttpResponse<String> send(String url, byte[] request) throws IOException {
    return JsonHttp.post(
        url, "application/json", request, Map.of("X-Transmission-Session-Id", session));
  }

  private static Map<String, Object> settings(
      Path folder, int port, int rpcPort, ClientOptions options) {
    Map<String, Object> settings = new LinkedHashMap<>();
    settings.put("download-dir", folder.toAbsolutePath().toString());
    settings.put("peer-port", port);
    settings.put("rpc-port", rpcPort);
    settings.put("rpc-bind-address", "127.0.0.1");
    settings.put("rpc-authentication-required", false);
    settings.put("rpc-whitelist-enabled", false);
    settings.put("rpc-host-whitelist-enabled", false);
    settings.put("dht-enabled", false);
    settings.put("lpd-enabled", false);
    settings.put("pex-enabled", false);
    settings.put("utp-enabled", false);
    settings.put("port-forwarding-enabled", false);
    settings.put("encryption", 0);
    settings.put("peer-limit-per-torrent", 200);
    settings.put("speed-limit-up", Math.ceilDiv(options.uploadBytesPerSecond(), RATE_UNIT));
    settings.put("speed-limit-up-enabled", options.uploadBytesPerSecond() > 0);
    settings.put("speed-limit-down", Math.ceilDiv(options.downloadBytesPerSecond(), RATE_UNIT));
    settings.put("speed-limit-down-enabled", options.downloadBytesPerSecond() > 0);
    settings.put("idle-seeding-limit-enabled", false);
    settings.put("ratio-limit-enabled", false);
    settings.put("watch-dir-enabled", false);
    settings.put("incomplete-dir-enabled", false);
    settings.put("start-added-torrents", true);
    return settings;
  }
}
