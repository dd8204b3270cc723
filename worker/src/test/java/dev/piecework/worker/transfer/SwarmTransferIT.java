package dev.piecework.worker.transfer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.piecework.engine.Engine;
import dev.piecework.engine.EngineSettings;
import dev.piecework.message.JobOptions;
import dev.piecework.testkit.Client;
import dev.piecework.testkit.ClientOptions;
import dev.piecework.testkit.Content;
import dev.piecework.testkit.RunningClient;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

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
