package dev.piecework.standalone.run;

import dev.piecework.cli.CliException;
import dev.piecework.exit.ExitCode;
import dev.piecework.worker.scratch.PrivateFolder;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * The folder that content is written to, and the one hidden folder {@value #STATE} in it that holds
 * all the rest: database, scratch, unfinished uploads, manifests, logs. Whoever has a {@code
 * RunFolder} is alone with it, until it is closed or the process ends, however it ends.
 */
final class RunFolder implements AutoCloseable {
  /** Name of the state folder. */
  static final String STATE = ".piecework";

  /** The bucket that is the content folder. */
  static final String BUCKET = "files";

  /** Keys of manifests: the one kind of object that belongs into the state folder. */
  private static final Pattern MANIFEST = Pattern.compile("\\.piecework/[0-9a-f]{40}\\.json");

  private static final String README =
      """
      Piecework keeps here what it needs to go on with unfinished downloads of the folder above:
      a database, pieces not yet written out, manifests of what is complete, and a log.
      Delete this folder to forget all of it; finished files are not touched by that.
      """;

  private final Path content;
  private final Path state;
  private final FileChannel lock;
  private final StatePlacement own;

  private RunFolder(Path content, Path state, FileChannel lock, StatePlacement own) {
    this.content = content;
    this.state = state;
    this.lock = lock;
    this.own = own;
  }

  /**
   * Makes the folder if it is missing, and locks it. No other user can enter the state folder.
   *
   * @throws CliException when it cannot be written, another process works in it, or the state
   *     folder is another user's
   */
  static RunFolder open(Path folder) {
    Path content = folder.toAbsolutePath().normalize();
    Path state = content.resolve(STATE);
    try {
      Files.createDirectories(content);
      PrivateFolder.own(state);
      Files.createDirectories(state.resolve("buckets"));
      FileChannel lock =
          FileChannel.open(
              state.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      if (!lock(lock)) {
        lock.close();
        throw new CliException(
            ExitCode.USAGE,
            "another piecework works in %s: wait for it, stop it, or choose another folder with --to"
                .formatted(content));
      }
      Files.writeString(state.resolve("README"), README);
      Path bucket = state.resolve("buckets").resolve(BUCKET);
      if (!Files.isSymbolicLink(bucket)) {
        // Relative, so that the folder can be moved.
        Files.createSymbolicLink(bucket, Path.of("..", ".."));
      }
      return new RunFolder(content, state, lock, StatePlacement.open(bucket, content, state));
    } catch (PrivateFolder.RefusedException e) {
      throw new CliException(
          ExitCode.USAGE,
          "cannot keep state in %s: %s. Delete that, or choose another folder with --to"
              .formatted(e.getFile(), e.getReason()));
    } catch (FileAlreadyExistsException e) {
      throw new CliException(
          ExitCode.USAGE,
          "%s is a file, not a folder: choose another folder with --to".formatted(e.getFile()));
    } catch (IOException | UnsupportedOperationException e) {
      throw new CliException(
          ExitCode.STORE_UNAVAILABLE,
          "cannot write to the folder %s (%s): make it writable, or choose another one with --to"
              .formatted(content, reason(e)));
    }
  }

  /** The folder that content goes to; absolute. */
  Path content() {
    return content;
  }

  /** What decides which files may be replaced. */
  StatePlacement own() {
    return own;
  }

  /** A folder or file of the state folder; made by whoever needs it. */
  Path state(String name) {
    return state.resolve(name);
  }

  /** Whether content may be written at this key. */
  static boolean isWritable(String key) {
    String first = Path.of(key).getName(0).toString().toLowerCase(Locale.ROOT);
    return !first.equals(STATE) || MANIFEST.matcher(key).matches();
  }

  @Override
  public void close() {
    try (lock) {
      own.close();
    } catch (IOException e) {
      // The lock ends with the process at the latest.
    }
  }

  private static boolean lock(FileChannel channel) throws IOException {
    try {
      FileLock lock = channel.tryLock();
      return lock != null;
    } catch (OverlappingFileLockException e) {
      return false;
    }
  }

  private static String reason(Exception e) {
    return switch (e) {
      case java.nio.file.AccessDeniedException denied -> "permission denied: " + denied.getFile();
      case java.nio.file.FileSystemException failed when failed.getReason() != null ->
          failed.getReason() + ": " + failed.getFile();
      default -> e.getClass().getSimpleName() + ": " + e.getMessage();
    };
  }
}
