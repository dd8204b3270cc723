package dev.piecework.standalone.run;

import dev.piecework.message.EventData.Completed;
import dev.piecework.message.EventData.FinishedObject;
import dev.piecework.message.JobEvent;
import dev.piecework.message.JobEventCodec;
import dev.piecework.message.MessageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * The completed events of this folder's jobs, kept so that the same command later can tell whether
 * what it made still stands.
 */
final class CompletedRecord {
  private static final int BUFFER_BYTES = 1 << 20;

  private final RunFolder folder;

  CompletedRecord(RunFolder folder) {
    this.folder = folder;
  }

  /**
   * How a job ended here.
   *
   * @param event its completed event
   * @param completed what that says
   * @param time 1 if the content was fetched once, 2 if it was fetched again, ...
   */
  record Entry(JobEvent event, Completed completed, int time) {}

  /** How a job ended here, last. */
  Optional<Entry> find(String jobId) {
    try {
      JobEvent event = JobEventCodec.decode(Files.readAllBytes(file(jobId)));
      return event.data() instanceof Completed completed
          ? Optional.of(new Entry(event, completed, time(event.jobId(), jobId)))
          : Optional.empty();
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException | MessageException e) {
      // Unreadable is as good as missing: the content is then fetched again.
      return Optional.empty();
    }
  }

  /** Keeps the event with which a job ended, in place of an earlier one. */
  void keep(RunJob job, JobEvent completed) throws IOException {
    Path file = file(job.firstId());
    Files.createDirectories(file.getParent());
    Path temporary = file.resolveSibling(file.getFileName() + ".new");
    Files.write(temporary, JobEventCodec.encode(completed));
    Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
  }

  private static int time(String id, String firstId) {
    return id.equals(firstId) ? 1 : Integer.parseInt(id.substring(firstId.length() + 1));
  }

  /** Files that are missing, or are not what they were: all are read. */
  List<String> damaged(Completed completed) throws IOException {
    List<String> damaged = new ArrayList<>();
    for (FinishedObject object : completed.objects()) {
      Path file = folder.content().resolve(object.path());
      if (!Files.isRegularFile(file)
          || Files.size(file) != object.size()
          || !crc32c(file).equals(object.crc32c())) {
        damaged.add(object.path());
      }
    }
    return damaged;
  }

  private Path file(String jobId) {
    return folder.state("completed").resolve(jobId + ".json");
  }

  private static String crc32c(Path file) throws IOException {
    CRC32C checksum = new CRC32C();
    ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      while (channel.read(buffer) >= 0) {
        checksum.update(buffer.flip());
        buffer.clear();
      }
    }
    return Base64.getEncoder()
        .encodeToString(ByteBuffer.allocate(4).putInt((int) checksum.getValue()).array());
  }
}
