package dev.piecework.worker.transfer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.engine.Engine;
import dev.piecework.engine.EngineSettings;
import dev.piecework.message.JobOptions;
import dev.piecework.testkit.Client;
import dev.piecework.testkit.ClientOptions;
import dev.piecework.testkit.Content;
import dev.piecework.testkit.Needs;
import dev.piecework.testkit.RunningClient;
import dev.piecework.worker.scratch.ScratchFolder;
import dev.piecework.worker.scratch.ScratchSettings;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.util.unit.DataSize;

/** Transfers from other people's seeders, over the real engine, into a real S3 server. */
final class SwarmTransferIT {
  private static final long MEBIBYTE = 1L << 20;

  @TempDir private Path folder;
  private Engine engine = Engine.start(EngineSettings.defaults());

  @BeforeEach
  @AfterEach
  void freshEngine() {
    engine.close();
    engine = Engine.start(EngineSettings.defaults());
  }

  @ParameterizedTest
  @EnumSource(Client.class)
  void anAwkwardSetArrivesFromEachSeeder(Client client) throws Exception {
    client.require();
    Path tree = folder.resolve("in/set");
    Content.manySmall(tree, 300, 20_000, 1);
    Content.file(tree.resolve("empty"), 0, 0);
    Content.file(tree.resolve("große Datei.bin"), 70 * MEBIBYTE + 1, 2);
    try (TransferRig rig = new TransferRig(folder.resolve("rig"), tree, 262144);
        RunningClient seeder = client.seed(rig.torrent)) {
      rig.options = peer(seeder.address());

      try (Transfer transfer = rig.factory("a", engine).start(rig.request())) {
        rig.finish(transfer);

        assertThat(transfer.progress().swarm().failedPieces()).isZero();
      }

      assertThat(rig.proveObjects()).hasSize(302);
    }
  }

  @Test
  void anotherHostTakesOverAndFetchesLittleTwice() throws Exception {
    Client.LIBTORRENT.require();
    Path file = Content.file(folder.resolve("in/big.bin"), 160 * MEBIBYTE, 3);
    try (TransferRig rig = new TransferRig(folder.resolve("rig"), file, 524288);
        RunningClient seeder =
            Client.LIBTORRENT.seed(rig.torrent, ClientOptions.none().upload(40 * MEBIBYTE))) {
      rig.options = peer(seeder.address());
      long first;
      try (Transfer transfer = rig.factory("a", engine).start(rig.request())) {
        rig.drive(transfer, batch -> rig.uploadedBytes() >= 80 * MEBIBYTE);
        first = transfer.progress().swarm().receivedBytes();
      }
      freshEngine();
      long second;
      try (Transfer transfer = rig.factory("b", engine).start(rig.request())) {
        rig.finish(transfer);
        second = transfer.progress().swarm().receivedBytes();
      }

      long twice = first + second - 160 * MEBIBYTE;
      System.out.printf("fetched twice: %.1f MiB%n", twice / (double) MEBIBYTE);
      assertThat(twice).isLessThan(64 * MEBIBYTE);
      rig.proveObjects();
    }
  }

  @ParameterizedTest
  @EnumSource(Client.class)
  void aJobThatSeedsServesFromTheStoreWhatScratchDoesNotHave(Client client) throws Exception {
    Client.LIBTORRENT.require();
    client.require();
    Path tree = folder.resolve("in/set");
    Content.manySmall(tree.resolve("small"), 100, 20_000, 7);
    Content.file(tree.resolve("big.bin"), 40 * MEBIBYTE + 1, 8);
    try (TransferRig rig = new TransferRig(folder.resolve("rig"), tree, 262144);
        RunningClient seeder = Client.LIBTORRENT.seed(rig.torrent)) {
      rig.options = peer(seeder.address());
      rig.maxScratch = DataSize.ofMegabytes(16);
      try (Transfer transfer = rig.factory("a", engine).start(rig.request())) {
        rig.finish(transfer);
      }
      rig.proveObjects();
      rig.options = JobOptions.none();

      try (Transfer seeding = rig.factory("a", engine).seed(rig.request());
          RunningClient leecher =
              client.leech(
                  rig.torrent,
                  Files.createDirectories(folder.resolve("out")),
                  ClientOptions.none()
                      .peer(
                          new InetSocketAddress(
                              InetAddress.getLoopbackAddress(), engine.listenPort())))) {
        leecher.awaitComplete(Duration.ofMinutes(2));

        assertThat(Content.sums(leecher.content())).isEqualTo(Content.sums(rig.torrent.content()));
        assertThat(rig.worker().budget().usedBytes()).isLessThan(17 * MEBIBYTE);
        assertThat(rig.registry.get("piecework.seed.store.read").counter().count())
            .as("bytes that came from the store")
            .isGreaterThan(24.0 * MEBIBYTE)
            .isLessThan(2.0 * rig.metainfo.totalLength());
        Awaitility.await()
            .untilAsserted(() ->
                assertThat(seeding.progress().swarm().sentBytes())
                    .isGreaterThanOrEqualTo(rig.metainfo.totalLength()));
      }
    }
  }

  @Test
  void twoTorrentsTenTimesTheScratchDiskGoThroughAtOnce() throws Exception {
    Client.LIBTORRENT.require();
    Needs.root();
    Path disk = Files.createDirectories(folder.resolve("disk"));
    Path tree = folder.resolve("in/set");
    Content.manySmall(tree.resolve("small"), 40, 2_000_000, 5);
    Content.file(tree.resolve("big.bin"), 270 * MEBIBYTE + 1, 6);
    Path file = Content.file(folder.resolve("in/one.bin"), 330 * MEBIBYTE, 4);
    assertThat(mount("mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", disk.toString())).isZero();
    // Pieces of the first are shared by its files, and so by bundles.
    try (TransferRig first = new TransferRig(folder.resolve("rig"), tree, 2 << 20);
        TransferRig second = new TransferRig(folder.resolve("rig-2"), file, 1 << 20);
        ScratchFolder scratch =
            ScratchFolder.open(
                new ScratchSettings(
                    disk.toString(),
                    DataSize.ofBytes(0),
                    DataSize.ofMegabytes(256),
                    Duration.ofDays(1),
                    Duration.ofSeconds(20),
                    2),
                Clock.systemUTC());
        RunningClient seeder = Client.LIBTORRENT.seed(first.torrent);
        RunningClient other = Client.LIBTORRENT.seed(second.torrent)) {
      first.options = peer(seeder.address());
      second.options = peer(other.address());
      second.jobId = "job-2";
      first.shared = Optional.of(scratch);
      second.shared = Optional.of(scratch);

      try (Transfer one = first.factory("a", engine).start(first.request());
          Transfer two = second.factory("a", engine).start(second.request())) {
        CompletableFuture<Void> beside =
            CompletableFuture.runAsync(() -> {
              try {
                second.finish(two);
              } catch (Exception e) {
                throw new CompletionException(e);
              }
            });
        first.finish(one);
        beside.get(3, TimeUnit.MINUTES);

        assertThat(scratch.budget().maxBytes()).isLessThan(32 * MEBIBYTE);
        assertThat(one.progress().swarm().receivedBytes())
            .as("nothing was fetched twice for want of room")
            .isLessThan(one.progress().totalBytes() + 16 * MEBIBYTE);
      }

      first.proveObjects();
      second.proveObjects();
    } finally {
      mount("umount", disk.toString());
    }
  }

  private static int mount(String... command) throws Exception {
    return new ProcessBuilder(command).inheritIO().start().waitFor();
  }

  private static JobOptions peer(InetSocketAddress address) {
    return new JobOptions(
        0,
        Optional.empty(),
        Optional.empty(),
        List.of("127.0.0.1:" + address.getPort()),
        Optional.empty(),
        0,
        0,
        Optional.empty(),
        Map.of());
  }
}
