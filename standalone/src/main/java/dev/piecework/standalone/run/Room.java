package dev.piecework.standalone.run;

import dev.piecework.cli.CliException;
import dev.piecework.cli.progress.Human;
import dev.piecework.exit.ExitCode;
import dev.piecework.layout.ObjectLayout;
import dev.piecework.layout.StoredObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/** Whether new content fits where it is to go: nothing of anybody else in its place, and space. */
final class Room {
  /** For the window of pieces not yet in files, the database and the log. */
  private static final long WORKING_BYTES = 128L << 20;

  private final RunFolder folder;
  private final RunLedger ledger;

  Room(RunFolder folder, RunLedger ledger) {
    this.folder = folder;
    this.ledger = ledger;
  }

  /**
   * @throws CliException when it does not fit
   */
  void check(List<RunJob> jobs) throws IOException, SQLException {
    long needed = 0;
    for (RunJob job : jobs) {
      Optional<ObjectLayout> layout =
          job.source().metainfo().map(metainfo -> ObjectLayout.of(metainfo, ""));
      if (layout.isEmpty() || ledger.knows(job.id())) {
        continue;
      }
      if (!job.again()) {
        vacant(job.source().text(), layout.get());
      }
      needed += layout.get().objects().stream().mapToLong(StoredObject::length).sum();
    }
    long free = Files.getFileStore(folder.content()).getUsableSpace();
    if (needed > 0 && needed + WORKING_BYTES > free) {
      throw new CliException(
          ExitCode.STORE_UNAVAILABLE,
          "not enough space in %s: %s are needed (%s of content, the rest to work with), %s are free; make room, or choose another folder with --to"
              .formatted(
                  folder.content(),
                  Human.bytes(needed + WORKING_BYTES),
                  Human.bytes(needed),
                  Human.bytes(free)));
    }
  }

  private void vacant(String text, ObjectLayout layout) {
    Path top = folder.content().resolve(layout.metainfo().name());
    if (Files.exists(top, LinkOption.NOFOLLOW_LINKS)) {
      throw new CliException(
          ExitCode.USAGE,
          "%s: %s exists already, and is not from an earlier run here; move it away, or choose another folder with --to"
              .formatted(text, top));
    }
  }
}
