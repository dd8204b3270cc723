package dev.piecework.engine;

import com.sun.management.OperatingSystemMXBean;
import dev.piecework.metainfo.Metainfo;
import dev.piecework.metainfo.MetainfoParser;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What a download costs: fetches a torrent from peers into a file and prints the processor seconds
 * of this process per GiB, for the whole and for the second half, and the wall time.
 *
 * <p>Arguments: the .torrent, the file to write, then HOST:PORT of each peer.
 */
final class MeasureDownload {
  private MeasureDownload() {}

  @SuppressWarnings("SystemOut") // a program for a person at a terminal
  public static void main(String[] arguments) throws Exception {
    Metainfo metainfo = MetainfoParser.parse(Files.readAllBytes(Path.of(arguments[0])));
    List<InetSocketAddress> peers = new ArrayList<>();
    for (int i = 2; i < arguments.length; i++) {
      int colon = arguments[i].lastIndexOf(':');
      peers.add(
          new InetSocketAddress(
              InetAddress.getByName(arguments[i].substring(0, colon)),
              Integer.parseInt(arguments[i].substring(colon + 1))));
    }
    double gib = metainfo.totalLength() / (double) (1 << 30);
    TestDownload download = new TestDownload(metainfo);
    try (FileStorage storage = new FileStorage(metainfo, Path.of(arguments[1]));
        Engine engine = Engine.start(EngineSettings.defaults())) {
      long begun = System.nanoTime();
      double cpuAtStart = cpuSeconds();
      Torrent torrent = download.start(engine, download.request(storage, peers));
      double cpuHalf = 0;
      long half = 0;
      while (!download.complete()) {
        Thread.sleep(2);
        if (half == 0 && download.verifiedPieces() * 2 >= metainfo.pieceCount()) {
          half = System.nanoTime();
          cpuHalf = cpuSeconds();
        }
      }
      double cpu = cpuSeconds();
      long end = System.nanoTime();
      System.out.printf(
          "CPU s/GiB: whole process %.2f, download %.2f, second half %.2f; wall %.2f s, second half"
              + " %.2f s; wasted %d%n",
          cpu / gib,
          (cpu - cpuAtStart) / gib,
          (cpu - cpuHalf) * 2 / gib,
          (end - begun) / 1e9,
          (end - half) / 1e9,
          torrent.stats().wastedBytes());
    }
  }

  private static double cpuSeconds() {
    return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
            .getProcessCpuTime()
        / 1e9;
  }
}
