package dev.piecework.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** libtorrent-rasterbar in Debian's Python, by a script of ours. */
final class LibtorrentClient extends RunningClient {
  // Not the first python3 on PATH: Debian's binding is built for Debian's interpreter.
  private static final String PYTHON = "/usr/bin/python3";

  private final String control;

  private LibtorrentClient(
      ManagedProcess process,
      Path settings,
      TestTorrent torrent,
      Path folder,
      int port,
      String control) {
    super(process, settings, torrent, folder, port);
    this.control = control;
  }

  static boolean installed() {
    return Files.isExecutable(Path.of(PYTHON))
        && Processes.command(PYTHON, "-c", "import libtorrent")
                .run(Duration.ofMinutes(1))
                .exitCode()
            == 0;
  }

  static LibtorrentClient start(
      TestTorrent torrent, Path folder, ClientOptions options, boolean complete) {
    Path settings = Folders.temporary("libtorrent");
    int port = options.listenPort();
    int controlPort = Ports.free();
    Map<String, Object> script = new LinkedHashMap<>();
    script.put("port", port);
    script.put("control", controlPort);
    script.put("torrent", torrent.write(settings.resolve("it.torrent")).toString());
    script.put("folder", folder.toAbsolutePath().toString());
    script.put("complete", complete);
    script.put("upload", options.uploadBytesPerSecond());
    script.put("download", options.downloadBytesPerSecond());
    script.put(
        "peers",
        options.peers().stream()
            .map(peer -> List.of(peer.getAddress().getHostAddress(), peer.getPort()))
            .toList());
    Path program = settings.resolve("libtorrent_client.py");
    try (InputStream source = LibtorrentClient.class.getResourceAsStream("libtorrent_client.py")) {
      if (source == null) {
        throw new IllegalStateException("libtorrent_client.py is missing from the testkit's jar");
      }
      Files.copy(source, program);
      Files.write(settings.resolve("options.json"), JsonHttp.bytes(script));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write libtorrent's script", e);
    }
    ManagedProcess process =
        Processes.command(PYTHON, program.toString(), settings.resolve("options.json").toString())
            .name("libtorrent")
            .start();
    LibtorrentClient client =
        new LibtorrentClient(
            process, settings, torrent, folder, port, "http://127.0.0.1:" + controlPort);
    try {
      process.awaitReady("answering", START_LIMIT, () -> client.status().isObject());
    } catch (RuntimeException e) {
      client.close();
      throw e;
    }
    return client;
  }

  @Override
  public Progress progress() {
    try {
      JsonNode status = status();
      String error = status.path("error").asString("");
      if (!error.isEmpty()) {
        throw new TestkitException("libtorrent: " + error + "\n" + process().describe());
      }
      return new Progress(
          status.path("downloaded").asLong(),
          status.path("uploaded").asLong(),
          status.path("checking").asBoolean() ? 0 : status.path("progress").asDouble());
    } catch (IOException e) {
      throw new UncheckedIOException("no answer from libtorrent's script", e);
    }
  }

  @Override
  public void limitUpload(long bytesPerSecond) {
    try {
      JsonHttp.post(
          control + "/limits",
          "application/json",
          JsonHttp.bytes(Map.of("upload", bytesPerSecond)),
          Map.of());
    } catch (IOException e) {
      throw new UncheckedIOException("no answer from libtorrent's script", e);
    }
  }

  private JsonNode status() throws IOException {
    return JsonHttp.tree(JsonHttp.get(control + "/status").body());
  }
}
