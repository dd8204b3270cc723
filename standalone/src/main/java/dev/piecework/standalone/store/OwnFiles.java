package dev.piecework.standalone.store;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Never replaces a file that was not put there by this folder's own runs. What they made is written
 * down, before it is put in its place, as 64 bits of a hash of path and identity (inode and time of
 * creation, which a rename keeps and a new file of the same name does not have), so that it is
 * known after a crash too. A file that has the very bytes that are to be put there stays, and is
 * good.
 *
 * <p>The record is small (17 bytes for each of two lines per object) and read only when something
 * is in the way.
 */
public final class OwnFiles implements Placement, Closeable {
  private static final int HEX = 16;

  private final Path root;
  private final Path shown;
  private final Path file;
  private final FileChannel record;
  private volatile boolean refused;
  private @Nullable Set<Long> known;

  private OwnFiles(Path root, Path shown, Path file, FileChannel record) {
    this.root = root;
    this.shown = shown;
    this.file = file;
    this.record = record;
  }

  /**
   * Opens the record.
   *
   * @param root the folder that paths are relative to, so that it can be moved
   * @param shown what that folder is called in messages
   * @param record made if missing
   */
  public static OwnFiles open(Path root, Path shown, Path record) throws IOException {
    return new OwnFiles(
        root,
        shown,
        record,
        FileChannel.open(
            record,
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            StandardOpenOption.APPEND));
  }

  /** Writes down a file that an earlier version made, which kept no record. */
  public void adopt(Path target) throws IOException {
    Optional<String> identity = identity(target);
    if (identity.isPresent()) {
      note(target, identity.get());
    }
  }

  /** Whether something was in the way since this was opened. */
  public boolean refused() {
    return refused;
  }

  @Override
  public void change(Path target) throws IOException {
    if (Files.exists(target, LinkOption.NOFOLLOW_LINKS) && !made(target)) {
      throw occupied(target);
    }
  }

  @Override
  public void expect(Path target) throws IOException {
    if (Files.exists(target, LinkOption.NOFOLLOW_LINKS) && !has(hash(target, ""))) {
      throw occupied(target);
    }
  }

  @Override
  public void put(Path whole, Path target) throws IOException {
    note(target, identity(whole).orElseThrow(() -> new IOException(whole + " is gone")));
    try {
      // Of all ways to move a file, a link alone never replaces another one.
      Files.createLink(target, whole);
    } catch (FileAlreadyExistsException e) {
      replace(whole, target);
    } catch (UnsupportedOperationException | FileSystemException e) {
      // No links on this file system: an empty file takes the place first.
      try {
        Files.createFile(target);
      } catch (FileAlreadyExistsException there) {
        replace(whole, target);
        return;
      }
      move(whole, target);
    }
  }

  private void replace(Path whole, Path target) throws IOException {
    Optional<String> identity = identity(target);
    if (made(target)) {
      move(whole, target);
    } else if (identity.isEmpty() || Files.mismatch(whole, target) >= 0) {
      throw occupied(target);
    } else {
      ObjectAttributes.copy(whole, target);
      note(target, identity.get());
    }
  }

  private boolean made(Path target) throws IOException {
    Optional<String> identity = identity(target);
    return identity.isPresent() && has(hash(target, identity.get()));
  }

  private static void move(Path whole, Path target) throws IOException {
    Files.move(whole, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  private OccupiedException occupied(Path target) {
    refused = true;
    return new OccupiedException(
        shown.resolve(root.relativize(target)),
        "exists already, and is not from an earlier run here: move it away, or choose another folder with --to");
  }

  /** Of a regular file; a link is none. */
  private static Optional<String> identity(Path path) throws IOException {
    if (!Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
      return Optional.empty();
    }
    BasicFileAttributes attributes =
        Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    // Without the device, whose number differs after the next start of the system.
    Object inode =
        Files.getFileStore(path).supportsFileAttributeView("unix")
            ? Files.getAttribute(path, "unix:ino", LinkOption.NOFOLLOW_LINKS)
            : "";
    return Optional.of(inode + " " + attributes.creationTime().toInstant());
  }

  private synchronized void note(Path target, String identity) throws IOException {
    long path = hash(target, "");
    long both = hash(target, identity);
    ByteBuffer lines =
        ByteBuffer.wrap("%016x%n%016x%n".formatted(path, both).getBytes(StandardCharsets.US_ASCII));
    while (lines.hasRemaining()) {
      record.write(lines);
    }
    if (known != null) {
      known.add(path);
      known.add(both);
    }
  }

  private synchronized boolean has(long hash) throws IOException {
    Set<Long> all = known;
    if (all == null) {
      all = new HashSet<>();
      try (var lines = Files.lines(file, StandardCharsets.US_ASCII)) {
        for (String line : (Iterable<String>) lines::iterator) {
          // A crash may have cut the last one.
          if (line.length() == HEX) {
            all.add(Long.parseUnsignedLong(line, HEX));
          }
        }
      }
      known = all;
    }
    return all.contains(hash);
  }

  private long hash(Path target, String identity) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(root.relativize(target).toString().getBytes(StandardCharsets.UTF_8));
      digest.update((byte) 0);
      digest.update(identity.getBytes(StandardCharsets.UTF_8));
      return ByteBuffer.wrap(digest.digest()).getLong();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  @Override
  public void close() throws IOException {
    record.close();
  }
}
