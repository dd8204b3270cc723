package dev.piecework.standalone.run;

import dev.piecework.message.EventData.Completed;
import dev.piecework.message.EventData.FinishedObject;
import dev.piecework.message.JobEventCodec;
import dev.piecework.message.MessageException;
import dev.piecework.standalone.store.OwnFiles;
import dev.piecework.standalone.store.Placement;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What {@code run} may replace: in the content folder only what its runs put there; in the state
 * folder, which is its own, the manifests.
 */
final class StatePlacement implements Placement, Closeable {
  private final Path state;
  private final OwnFiles files;

  private StatePlacement(Path state, OwnFiles files) {
    this.state = state;
    this.files = files;
  }

  /**
   * Opens the record of what was made here.
   *
   * @param bucket the content folder, as the store calls it
   * @param content the content folder, as people call it
   * @param state the state folder
   */
  static StatePlacement open(Path bucket, Path content, Path state) throws IOException {
    Path record = state.resolve("made");
    boolean first = !Files.exists(record);
    OwnFiles files = OwnFiles.open(bucket, content, record);
    Path completed = state.resolve("completed");
    if (first && Files.isDirectory(completed)) {
      try (DirectoryStream<Path> events = Files.newDirectoryStream(completed, "*.json")) {
        for (Path event : events) {
          adopt(event, bucket, files);
        }
      }
    }
    return new StatePlacement(bucket.resolve(RunFolder.STATE), files);
  }

  /** What an earlier version made, which kept no record but of what was complete. */
  private static void adopt(Path event, Path bucket, OwnFiles files) throws IOException {
    try {
      if (JobEventCodec.decode(Files.readAllBytes(event)).data() instanceof Completed completed) {
        for (FinishedObject object : completed.objects()) {
          files.adopt(bucket.resolve(object.path()));
        }
      }
    } catch (MessageException e) {
      // Unreadable is as good as missing.
    }
  }

  /** Whether something was in the way since this was opened. */
  boolean refused() {
    return files.refused();
  }

  @Override
  public void expect(Path target) throws IOException {
    of(target).expect(target);
  }

  @Override
  public void change(Path target) throws IOException {
    of(target).change(target);
  }

  @Override
  public void put(Path whole, Path target) throws IOException {
    of(target).put(whole, target);
  }

  private Placement of(Path target) {
    return target.startsWith(state) ? Placement.REPLACING : files;
  }

  @Override
  public void close() throws IOException {
    files.close();
  }
}
