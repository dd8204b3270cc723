package dev.piecework.worker.scratch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import dev.piecework.testkit.Needs;
import dev.piecework.worker.fault.Fault;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.BitSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A disk that is full, on a real one of a few megabytes. */
final class FullDiskTest {
  private static final int PIECE = ScratchTorrent.PIECE;

  @TempDir private Path folder;

  @Test
  void aFullDiskIsAFaultThatSaysSo() throws Exception {
    Path disk = Files.createDirectories(folder.resolve("disk"));
    if (!run("mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", disk.toString())) {
      Needs.absent("a small tmpfs cannot be mounted", "run the tests as root");
    }
    try {
      ScratchTorrent torrent = torrent(5);
      try (ScratchFolder scratch =
              ScratchFolder.open(
                  ScratchTorrent.settings(disk, 0, Duration.ZERO), Clock.systemUTC());
          JobScratch job = scratch.openJob("job", torrent.segments())) {
        ScratchException full =
            catchThrowableOfType(ScratchException.class, () -> torrent.write(job, 0, 1, 2, 3, 4));

        assertThat(full).isNotNull();
        assertThat(full.fault().kind()).isEqualTo(Fault.Kind.SCRATCH_FAILED);
        assertThat(full.fault().isTransient()).isTrue();
        assertThat(full.fault().message())
            .contains("No space left")
            .contains("MiB free")
            .contains("piecework.scratch.directory");
      }
    } finally {
      run("umount", disk.toString());
    }
  }

  @Test
  void aFullDiskIsWaitedForUntilThereIsRoom() throws Exception {
    Path disk = Files.createDirectories(folder.resolve("disk"));
    if (!run("mount", "-t", "tmpfs", "-o", "size=5m", "tmpfs", disk.toString())) {
      Needs.absent("a small tmpfs cannot be mounted", "run the tests as root");
    }
    try {
      ScratchTorrent torrent = torrent(4);
      Path others = Files.write(disk.resolve("others"), new byte[2 * PIECE]);
      try (ScratchFolder scratch =
              ScratchFolder.open(
                  ScratchTorrent.settings(disk, 16, Duration.ofMinutes(1)), Clock.systemUTC());
          JobScratch job = scratch.openJob("job", torrent.segments())) {
        CompletableFuture<Void> writing =
            CompletableFuture.runAsync(() -> {
              try {
                torrent.write(job, 0, 1, 2, 3);
              } catch (ScratchException e) {
                throw new UncheckedIOException(e);
              }
            });
        await().until(() -> Files.getFileStore(disk).getUsableSpace() == 0);
        assertThat(writing).isNotDone();

        Files.delete(others);

        writing.get(30, TimeUnit.SECONDS);
        assertThat(ScratchCheck.intact(torrent.metainfo(), job, 1, () -> false))
            .isEqualTo(firstFour());
      }
    } finally {
      run("umount", disk.toString());
    }
  }

  @Test
  void whatNobodyWorksInMakesRoomOnAFullDisk() throws Exception {
    Path disk = Files.createDirectories(folder.resolve("disk"));
    if (!run("mount", "-t", "tmpfs", "-o", "size=5m", "tmpfs", disk.toString())) {
      Needs.absent("a small tmpfs cannot be mounted", "run the tests as root");
    }
    try {
      ScratchTorrent torrent = torrent(4);
      try (ScratchFolder scratch =
          ScratchFolder.open(
              ScratchTorrent.settings(disk, 16, Duration.ofMinutes(1)), Clock.systemUTC())) {
        try (JobScratch idle = scratch.openJob("idle", torrent.segments())) {
          torrent.write(idle, 0, 1);
        }
        try (JobScratch job = scratch.openJob("job", torrent.segments())) {
          torrent.write(job, 0, 1, 2, 3);
        }
      }
      assertThat(disk.resolve("jobs/idle")).doesNotExist();
    } finally {
      run("umount", disk.toString());
    }
  }

  private static BitSet firstFour() {
    BitSet bits = new BitSet();
    bits.set(0, 4);
    return bits;
  }

  private ScratchTorrent torrent(int pieces) throws Exception {
    return ScratchTorrent.of(folder, pieces);
  }

  private static boolean run(String... command) throws Exception {
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    return process.waitFor(30, TimeUnit.SECONDS) && process.exitValue() == 0;
  }
}
