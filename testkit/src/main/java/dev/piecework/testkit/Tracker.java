package dev.piecework.testkit;

import dev.piecework.metainfo.InfoHash;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * Debian's opentracker, over HTTP and UDP on one port of all addresses. It serves only the torrents
 * it is told of. Its announce interval is about half an hour: let seeders announce before leechers
 * ask.
 */
public final class Tracker implements AutoCloseable {
  private static final Duration START_LIMIT = Duration.ofSeconds(30);

  private final ManagedProcess process;
  private final Path folder;
  private final int port;

  private Tracker(ManagedProcess process, Path folder, int port) {
    this.process = process;
    this.folder = folder;
    this.port = port;
  }

  /** Starts one for these torrents. */
  public static Tracker start(InfoHash... torrents) {
    Needs.program("opentracker", "opentracker");
    Path folder = Folders.temporary("opentracker");
    int port = Ports.free();
    try {
      // Started by root it becomes "nobody" before it reads the list.
      Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
      Files.writeString(
          folder.resolve("whitelist"),
          Arrays.stream(torrents).map(hash -> hash.hex() + "\n").collect(Collectors.joining()));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write opentracker's whitelist", e);
    }
    ManagedProcess process =
        Processes.command(
                Processes.locate("opentracker").orElseThrow().toString(),
                "-i",
                "0.0.0.0",
                "-p",
                String.valueOf(port),
                "-P",
                String.valueOf(port),
                "-d",
                folder.toString(),
                "-w",
                "whitelist")
            .directory(folder)
            .start();
    Tracker tracker = new Tracker(process, folder, port);
    try {
      process.awaitReady("listening", START_LIMIT, () -> Ports.accepts(Ports.loopback(port)));
      for (InfoHash torrent : torrents) {
        tracker.awaitKnown(torrent);
      }
      return tracker;
    } catch (RuntimeException e) {
      tracker.close();
      throw e;
    }
  }

  /** Its HTTP announce URL, on loopback. Peers that ask there become known as 127.0.0.1. */
  public String http() {
    return "http://127.0.0.1:" + port + "/announce";
  }

  /** Its UDP announce URL, on loopback (BEP 15). */
  public String udp() {
    return "udp://127.0.0.1:" + port + "/announce";
  }

  /** Its HTTP announce URL on {@link Ports#own}: who asks there is known by that address. */
  public String ownHttp() {
    return "http://" + Ports.own().getHostAddress() + ":" + port + "/announce";
  }

  /** Its UDP announce URL on {@link Ports#own}. */
  public String ownUdp() {
    return "udp://" + Ports.own().getHostAddress() + ":" + port + "/announce";
  }

  /** Its process, to freeze or kill it. */
  public ManagedProcess process() {
    return process;
  }

  /** Number of complete peers it knows of a torrent. */
  public int seeders(InfoHash torrent) {
    return scraped(torrent, "8:completei");
  }

  /** Number of incomplete peers it knows of a torrent. */
  public int leechers(InfoHash torrent) {
    return scraped(torrent, "10:incompletei");
  }

  @Override
  public void close() {
    process.close();
    Folders.delete(folder);
  }

  private void awaitKnown(InfoHash torrent) {
    // An announce with event=stopped adds no peer, and is refused as long as the list is not read.
    process.awaitReady(
        "serving " + torrent,
        START_LIMIT,
        () ->
            !JsonHttp.get(
                    http()
                        + "?info_hash="
                        + escaped(torrent)
                        + "&peer_id=-TK0000-000000000000&port=9&left=0&uploaded=0&downloaded=0"
                        + "&compact=1&event=stopped")
                .body()
                .contains("failure reason"));
  }

  private int scraped(InfoHash torrent, String key) {
    try {
      String answer =
          JsonHttp.get("http://127.0.0.1:" + port + "/scrape?info_hash=" + escaped(torrent)).body();
      int at = answer.indexOf(key);
      if (at < 0) {
        return 0;
      }
      int from = at + key.length();
      return Integer.parseInt(answer.substring(from, answer.indexOf('e', from)));
    } catch (IOException e) {
      throw new UncheckedIOException("no answer from opentracker", e);
    }
  }

  private static String escaped(InfoHash torrent) {
    return torrent.hex().replaceAll("..", "%$0");
  }
}
