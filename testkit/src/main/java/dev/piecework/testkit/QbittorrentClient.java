package dev.piecework.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/** qbittorrent-nox, driven over its web API without a log-in from this host. */
final class QbittorrentClient extends RunningClient {
  private final String api;

  private QbittorrentClient(
      ManagedProcess process,
      Path settings,
      TestTorrent torrent,
      Path folder,
      int port,
      String api) {
    super(process, settings, torrent, folder, port);
    this.api = api;
  }

  static QbittorrentClient start(
      TestTorrent torrent, Path folder, ClientOptions options, boolean complete) {
    Path settings = Folders.temporary("qbittorrent");
    int port = options.listenPort();
    int webPort = Ports.free();
    Path configuration = settings.resolve("qBittorrent/config/qBittorrent.conf");
    try {
      Files.createDirectories(configuration.getParent());
      Files.writeString(configuration, configuration(port, webPort, options));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write qbittorrent's settings", e);
    }
    ManagedProcess process =
        Processes.command("qbittorrent-nox", "--profile=" + settings, "--webui-port=" + webPort)
            .environment("HOME", settings.toString())
            .start();
    QbittorrentClient client =
        new QbittorrentClient(
            process, settings, torrent, folder, port, "http://127.0.0.1:" + webPort + "/api/v2/");
    try {
      process.awaitReady(
          "answering",
          START_LIMIT,
          () -> JsonHttp.get(client.api + "app/version").statusCode() == 200);
      client.add(torrent, folder, options, complete);
    } catch (RuntimeException e) {
      client.close();
      throw e;
    }
    return client;
  }

  @Override
  public Progress progress() {
    try {
      JsonNode torrent = JsonHttp.tree(JsonHttp.get(api + "torrents/info").body()).path(0);
      String state = torrent.path("state").asString("");
      boolean checking = state.startsWith("checking") || state.isEmpty();
      return new Progress(
          torrent.path("downloaded").asLong(0),
          torrent.path("uploaded").asLong(0),
          checking ? 0 : torrent.path("progress").asDouble(0));
    } catch (IOException e) {
      throw new UncheckedIOException("no answer from qbittorrent", e);
    }
  }

  @Override
  public void limitUpload(long bytesPerSecond) {
    post("transfer/setUploadLimit", "limit=" + bytesPerSecond);
  }

  private void add(TestTorrent torrent, Path folder, ClientOptions options, boolean complete) {
    String boundary = "piecework-testkit-boundary";
    String fields =
        Map.of(
                "savepath",
                folder.toAbsolutePath().toString(),
                "skip_checking",
                String.valueOf(complete),
                "contentLayout",
                "Original",
                "paused",
                "false")
            .entrySet()
            .stream()
            .map(field ->
                "--%s\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n%s\r\n"
                    .formatted(boundary, field.getKey(), field.getValue()))
            .collect(Collectors.joining());
    // Latin-1 keeps the torrent's bytes as they are; the folder is a temporary one, thus ASCII.
    String body =
        fields
            + "--"
            + boundary
            + "\r\nContent-Disposition: form-data; name=\"torrents\"; filename=\"it.torrent\""
            + "\r\n\r\n"
            + new String(torrent.metainfo(), StandardCharsets.ISO_8859_1)
            + "\r\n--%s--\r\n".formatted(boundary);
    try {
      String answer =
          JsonHttp.post(
                  api + "torrents/add",
                  "multipart/form-data; boundary=" + boundary,
                  body.getBytes(StandardCharsets.ISO_8859_1),
                  Map.of())
              .body();
      if (!answer.startsWith("Ok")) {
        throw new TestkitException("qbittorrent refused the torrent: " + answer);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("no answer from qbittorrent", e);
    }
    if (!options.peers().isEmpty()) {
      process()
          .awaitReady(
              "knowing the torrent",
              START_LIMIT,
              () -> JsonHttp.tree(JsonHttp.get(api + "torrents/info").body()).size() == 1);
      post(
          "torrents/addPeers",
          "hashes="
              + torrent.infoHash().hex()
              + "&peers="
              + options.peers().stream()
                  .map(peer -> peer.getAddress().getHostAddress() + ":" + peer.getPort())
                  .collect(Collectors.joining("%7C")));
    }
  }

  private void post(String path, String form) {
    try {
      JsonHttp.post(
          api + path,
          "application/x-www-form-urlencoded",
          form.getBytes(StandardCharsets.US_ASCII),
          Map.of());
    } catch (IOException e) {
      throw new UncheckedIOException("no answer from qbittorrent", e);
    }
  }

  private static String configuration(int port, int webPort, ClientOptions options) {
    return """
    [LegalNotice]
    Accepted=true

    [BitTorrent]
    Session\\Port=%d
    Session\\DHTEnabled=false
    Session\\LSDEnabled=false
    Session\\PeXEnabled=false
    Session\\BTProtocol=TCP
    Session\\Encryption=0
    Session\\MultiConnectionsPerIp=true
    Session\\GlobalUPSpeedLimit=%d
    Session\\GlobalDLSpeedLimit=%d
    Session\\QueueingSystemEnabled=false
    Session\\IgnoreLimitsOnLAN=false

    [Network]
    PortForwardingEnabled=false

    [Preferences]
    WebUI\\Address=127.0.0.1
    WebUI\\Port=%d
    WebUI\\LocalHostAuth=false
    WebUI\\CSRFProtection=false
    WebUI\\HostHeaderValidation=false
    """
        .formatted(
            port,
            Math.ceilDiv(options.uploadBytesPerSecond(), 1024),
            Math.ceilDiv(options.downloadBytesPerSecond(), 1024),
            webPort);
  }
}
