package dev.piecework.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** aria2c, driven over JSON-RPC. */
final class Aria2Client extends RunningClient {
  private final int rpcPort;

  private Aria2Client(
      ManagedProcess process,
      Path settings,
      TestTorrent torrent,
      Path folder,
      int port,
      int rpcPort) {
    super(process, settings, torrent, folder, port);
    this.rpcPort = rpcPort;
  }

  static Aria2Client start(TestTorrent torrent, Path folder, ClientOptions options) {
    Path settings = Folders.temporary("aria2");
    int port = options.listenPort();
    int rpcPort = Ports.free();
    List<StaticTracker> trackers = new ArrayList<>();
    TestTorrent added = torrent;
    if (!options.peers().isEmpty()) {
      StaticTracker tracker = StaticTracker.start(options.peers());
      trackers.add(tracker);
      added = torrent.withTrackers(tracker.announceUrl());
    }
    Path file = added.write(settings.resolve("it.torrent"));
    ManagedProcess process =
        Processes.command(
                "aria2c",
                "--no-conf=true",
                "--dir=" + folder.toAbsolutePath(),
                "--listen-port=" + port,
                "--enable-rpc=true",
                "--rpc-listen-port=" + rpcPort,
                "--enable-dht=false",
                "--enable-dht6=false",
                "--bt-enable-lpd=false",
                "--enable-peer-exchange=false",
                "--bt-require-crypto=false",
                "--bt-min-crypto-level=plain",
                "--check-integrity=true",
                "--seed-ratio=0.0",
                "--file-allocation=none",
                "--disable-ipv6=true",
                "--summary-interval=0",
                "--max-overall-upload-limit=" + options.uploadBytesPerSecond(),
                "--max-overall-download-limit=" + options.downloadBytesPerSecond(),
                file.toString())
            .environment("HOME", settings.toString())
            .start();
    Aria2Client client = new Aria2Client(process, settings, torrent, folder, port, rpcPort);
    trackers.forEach(client::owns);
    try {
      process.awaitReady(
          "answering RPC", START_LIMIT, () -> client.call("aria2.getVersion").isObject());
    } catch (RuntimeException e) {
      client.close();
      throw e;
    }
    return client;
  }

  @Override
  public Progress progress() {
    JsonNode torrent = call("aria2.tellActive").path(0);
    long total = torrent.path("totalLength").asLong(0);
    long done = torrent.path("completedLength").asLong(0);
    boolean checking = torrent.has("verifiedLength") || torrent.has("verifyIntegrityPending");
    return new Progress(
        done,
        torrent.path("uploadLength").asLong(0),
        checking || total == 0 ? 0 : (double) done / total);
  }

  @Override
  public void limitUpload(long bytesPerSecond) {
    call(
        "aria2.changeGlobalOption",
        Map.of("max-overall-upload-limit", String.valueOf(bytesPerSecond)));
  }

  private JsonNode call(String method, Object... parameters) {
    byte[] request =
        JsonHttp.bytes(
            Map.of("jsonrpc", "2.0", "id", "1", "method", method, "params", List.of(parameters)));
    try {
      return JsonHttp.tree(
              JsonHttp.post(
                      "http://127.0.0.1:" + rpcPort + "/jsonrpc",
                      "application/json",
                      request,
                      Map.of())
                  .body())
          .path("result");
    } catch (IOException e) {
      throw new UncheckedIOException("no answer from aria2's RPC port", e);
    }
  }
}
