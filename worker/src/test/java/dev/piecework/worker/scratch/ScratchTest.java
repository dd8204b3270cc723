package dev.piecework.worker.scratch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.BitSet;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ScratchTest {
  private static final int PIECE = ScratchTorrent.PIECE;

  @TempDir private Path folder;

  @Test
  void piecesComeBackInAnyOrderAcrossSegments() throws Exception {
    ScratchTorrent torrent = torrent(70);
    try (ScratchFolder scratch = open(folder.resolve("scratch"));
        JobScratch job = scratch.openJob("job", torrent.segments())) {
      torrent.write(job, 65, 63, 64, 70);

      byte[] range = new byte[2 * PIECE];
      try (InputStream in = job.open(63L * PIECE + PIECE / 2, range.length)) {
        assertThat(in.readNBytes(range, 0, range.length)).isEqualTo(range.length);
        assertThat(in.read()).isEqualTo(-1);
      }
      int from = 63 * PIECE + PIECE / 2;
      assertThat(
              Arrays.equals(range, 0, range.length, torrent.content(), from, from + range.length))
          .isTrue();
      assertThat(job.read(70, 50, ByteBuffer.allocate(49))).isTrue();
      assertThat(ScratchCheck.intact(torrent.metainfo(), job, 2, () -> false))
          .isEqualTo(bits(63, 64, 65, 70));
    }
  }

  @Test
  void aDeletedSegmentIsGoneForReaders() throws Exception {
    ScratchTorrent torrent = torrent(70);
    try (ScratchFolder scratch = open(folder.resolve("scratch"));
        JobScratch job = scratch.openJob("job", torrent.segments())) {
      torrent.write(job, 3, 66);

      job.delete(0);

      assertThat(job.read(3, 0, ByteBuffer.allocate(10))).isFalse();
      assertThat(job.read(66, 0, ByteBuffer.allocate(10))).isTrue();
      assertThat(job.present(0)).isFalse();
    }
  }

  @Test
  void aSegmentThatIsGivenUpIsWrittenOverByTheNext() throws Exception {
    ScratchTorrent torrent = torrent(130);
    try (ScratchFolder scratch = open(folder.resolve("scratch"));
        JobScratch job = scratch.openJob("job", torrent.segments())) {
      torrent.write(job, 1, 2, 63);
      Object first = fileKey(0);

      job.delete(0);
      torrent.write(job, 66);
      torrent.write(job, 128);

      assertThat(fileKey(1)).isEqualTo(first);
      assertThat(fileKey(2)).isNotEqualTo(first);
      assertThat(job.read(1, 0, ByteBuffer.allocate(10))).isFalse();
      assertThat(ScratchCheck.intact(torrent.metainfo(), job, 2, () -> false))
          .isEqualTo(bits(66, 128));
    }
  }

  @Test
  void oneSegmentAtMostWaitsForTheNext() throws Exception {
    ScratchTorrent torrent = torrent(130);
    try (ScratchFolder scratch = open(folder.resolve("scratch"));
        JobScratch job = scratch.openJob("job", torrent.segments())) {
      torrent.write(job, 1, 66);

      job.delete(0);
      job.delete(1);

      try (var files = Files.list(folder.resolve("scratch/jobs/job"))) {
        assertThat(files.map(Path::getFileName).map(Path::toString))
            .containsExactlyInAnyOrder("lock", "spare");
      }
      assertThat(ScratchCheck.intact(torrent.metainfo(), job, 1, () -> false)).isEqualTo(bits());
    }
  }

  @Test
  void whatIsReadWhileItIsGivenUpIsNotWrittenOver() throws Exception {
    ScratchTorrent torrent = torrent(1);
    SegmentFiles files = new SegmentFiles(folder, ScratchTorrent.manySegments(folder));
    files.with(0, true, channel -> channel.write(ByteBuffer.wrap(torrent.content(), 0, 8)));

    ByteBuffer read = ByteBuffer.allocate(8);
    files.with(
        0,
        false,
        channel -> {
          files.delete(0, true);
          files.with(1, true, next -> next.write(ByteBuffer.wrap(torrent.content(), 8, 8)));
          return channel.read(read, 0);
        });

    assertThat(read.flip()).isEqualTo(ByteBuffer.wrap(torrent.content(), 0, 8));
    files.close();
  }

  @Test
  void aReaderThatIsInterruptedDoesNotSpoilTheFileForOthers() throws Exception {
    ScratchTorrent torrent = torrent(3);
    try (ScratchFolder scratch = open(folder.resolve("scratch"));
        JobScratch job = scratch.openJob("job", torrent.segments())) {
      torrent.write(job, 0);
      Thread interrupted =
          Thread.startVirtualThread(() -> {
            Thread.currentThread().interrupt();
            assertThatThrownBy(() -> job.read(0, 0, ByteBuffer.allocate(10)))
                .isInstanceOf(ScratchException.class);
          });
      interrupted.join();

      assertThat(job.read(0, 0, ByteBuffer.allocate(10))).isTrue();
    }
  }

  @Test
  void manySegmentsNeedFewOpenFiles() throws Exception {
    ScratchTorrent torrent = torrent(1);
    SegmentFiles files = new SegmentFiles(folder, ScratchTorrent.manySegments(folder));
    for (int segment = 0; segment < 100; segment++) {
      files.with(segment, true, channel -> channel.write(ByteBuffer.wrap(torrent.content(), 0, 8)));
    }

    try (var open = Files.list(Path.of("/proc/self/fd"))) {
      assertThat(open.filter(ScratchTest::isSegment).count()).isLessThanOrEqualTo(16);
    }
    files.close();
    try (var open = Files.list(Path.of("/proc/self/fd"))) {
      assertThat(open.filter(ScratchTest::isSegment)).isEmpty();
    }
  }

  @Test
  void aWorkerThatStartsAgainIsWhoItWas() throws Exception {
    String first;
    try (ScratchFolder scratch = open(folder.resolve("scratch"))) {
      first = scratch.id();
      try (ScratchFolder second = open(folder.resolve("scratch"))) {
        assertThat(second.id()).isNotEqualTo(first);
      }
    }

    try (ScratchFolder again = open(folder.resolve("scratch"))) {
      assertThat(again.id()).isEqualTo(first);
    }
  }

  @Test
  void anotherWorkerOfTheHostFindsTheJobOfOneThatEnded() throws Exception {
    ScratchTorrent torrent = torrent(3);
    try (ScratchFolder first = open(folder.resolve("scratch"));
        ScratchFolder second = open(folder.resolve("scratch"))) {
      JobScratch job = first.openJob("job", torrent.segments());
      torrent.write(job, 1);
      try (JobScratch beside = second.openJob("job", torrent.segments())) {
        assertThat(beside.candidates().isEmpty()).isTrue();
        torrent.write(beside, 2);
      }
      job.close();

      try (JobScratch taken = second.openJob("job", torrent.segments())) {
        assertThat(ScratchCheck.intact(torrent.metainfo(), taken, 1, () -> false))
            .isEqualTo(bits(1));
      }
    }
  }

  @Test
  void discardingDeletesUnlessTheJobIsAtWork() throws Exception {
    ScratchTorrent torrent = torrent(3);
    try (ScratchFolder scratch = open(folder.resolve("scratch"))) {
      Path there = folder.resolve("scratch/jobs/job");
      try (JobScratch job = scratch.openJob("job", torrent.segments())) {
        torrent.write(job, 1);
        scratch.discard("job");
        assertThat(there).exists();
      }

      scratch.discard("job");
      scratch.discard("job");

      assertThat(there).doesNotExist();
    }
  }

  @Test
  void whatNobodyCameBackForIsSwept() throws Exception {
    ScratchTorrent torrent = torrent(3);
    try (ScratchFolder scratch = open(folder.resolve("scratch"))) {
      for (String id : new String[] {"old", "young"}) {
        try (JobScratch job = scratch.openJob(id, torrent.segments())) {
          torrent.write(job, 1);
        }
      }
    }
    Path jobs = folder.resolve("scratch/jobs");
    Files.setLastModifiedTime(
        jobs.resolve("old/lock"), FileTime.from(Instant.now().minus(Duration.ofDays(3))));

    open(folder.resolve("scratch")).close();

    assertThat(jobs.resolve("old")).doesNotExist();
    assertThat(jobs.resolve("young")).exists();
  }

  @Test
  void whatAFailedJobLeftGoesWhenAnotherNeedsTheRoom() throws Exception {
    ScratchTorrent torrent = torrent(130);
    Path left = folder.resolve("scratch/jobs/failed");
    try (ScratchFolder scratch = open(folder.resolve("scratch"), 128)) {
      try (JobScratch failed = scratch.openJob("failed", torrent.segments())) {
        failed.makeRoom(0, 63, false);
        torrent.write(failed, 1);
      }
      try (JobScratch job = scratch.openJob("job", torrent.segments())) {
        assertThat(job.makeRoom(0, 63, false)).isTrue();
        assertThat(left).exists();
        assertThat(scratch.budget().usedBytes()).isEqualTo(128L * PIECE);

        assertThat(job.makeRoom(64, 127, false)).isTrue();
        Awaitility.await().until(() -> Files.notExists(left));
        assertThat(scratch.budget().usedBytes()).isEqualTo(128L * PIECE);
      }
    }
  }

  @Test
  void whatIsLeftCountsAfterARestartToo() throws Exception {
    ScratchTorrent torrent = torrent(3);
    try (ScratchFolder scratch = open(folder.resolve("scratch"), 128);
        JobScratch failed = scratch.openJob("failed", torrent.segments())) {
      torrent.write(failed, 0, 1);
    }

    try (ScratchFolder scratch = open(folder.resolve("scratch"), 128)) {
      assertThat(scratch.budget().usedBytes()).isEqualTo(2L * PIECE);
    }
  }

  @Test
  void aJobIdCannotLeaveTheFolder() throws Exception {
    try (ScratchFolder scratch = open(folder.resolve("scratch"))) {
      assertThatThrownBy(() -> scratch.discard("../escape"))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("../escape");
    }
  }

  @Test
  void aFolderThatCannotBeMadeSaysWhatToDo() throws Exception {
    Path file = Files.writeString(folder.resolve("file"), "not a folder");

    assertThat(refused(() -> open(file.resolve("scratch"))))
        .contains("piecework.scratch.directory");
  }

  private Object fileKey(int segment) throws IOException {
    Path file = folder.resolve("scratch/jobs/job/segment-%08d".formatted(segment));
    return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
  }

  private static boolean isSegment(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).toString().contains("segment-");
    } catch (IOException e) {
      return false; // Closed meanwhile.
    }
  }

  private static String refused(ThrowingCallable call) {
    ScratchException refused = catchThrowableOfType(ScratchException.class, call);
    assertThat(refused).isNotNull();
    return String.valueOf(refused.getMessage());
  }

  private static BitSet bits(int... indexes) {
    BitSet bits = new BitSet();
    for (int index : indexes) {
      bits.set(index);
    }
    return bits;
  }

  private static ScratchFolder open(Path directory) throws ScratchException {
    return open(directory, 0);
  }

  private static ScratchFolder open(Path directory, int maxMegabytes) throws ScratchException {
    return ScratchFolder.open(
        ScratchTorrent.settings(directory, maxMegabytes, Duration.ZERO), Clock.systemUTC());
  }

  private ScratchTorrent torrent(int pieces) throws Exception {
    return ScratchTorrent.of(folder, pieces);
  }
}
