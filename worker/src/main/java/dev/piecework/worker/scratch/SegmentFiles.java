package dev.piecework.worker.scratch;

import dev.piecework.layout.Segments;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The segment files of a job, few of them open at a time: the least recently used is closed when
 * there are too many. A file that is being read or written stays open until that is done, even when
 * it has been deleted meanwhile.
 *
 * <p>One file that is no longer needed waits as a spare for the next segment: its pages and its
 * blocks on the disk are there already, so that writing over it costs the kernel a third to a half
 * of what a new file costs, and far less where free memory has first to come back from a host. What
 * is not written over yet is then an older segment's bytes instead of zeros, which nobody is told
 * are there, and which no hash matches.
 */
final class SegmentFiles {
  private static final int MOST_OPEN = 16;

  private final Path folder;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<Integer, Handle> open = new LinkedHashMap<>(16, 0.75f, true);
  private final Segments segments;
  private boolean closed;
  private volatile long spareBytes;

  SegmentFiles(Path folder, Segments segments) {
    this.folder = folder;
    this.segments = segments;
  }

  /** Deletes what an earlier version, which cut torrents otherwise, left; before anything else. */
  void tidy() throws IOException {
    try (DirectoryStream<Path> found = Files.newDirectoryStream(folder, "segment-*")) {
      for (Path file : found) {
        int segment = number(file);
        if (segment < 0
            || segment >= segments.count()
            || Files.size(file) > segments.length(segment)) {
          Files.deleteIfExists(file);
        }
      }
    }
    Files.deleteIfExists(spare());
  }

  private static int number(Path file) {
    try {
      return Integer.parseInt(String.valueOf(file.getFileName()).substring("segment-".length()));
    } catch (NumberFormatException e) {
      return -1;
    }
  }

  /** Bytes that wait for the next segment. */
  long spareBytes() {
    return spareBytes;
  }

  Path path(int segment) {
    return folder.resolve("segment-%08d".formatted(segment));
  }

  /** What to do with an open file. */
  interface Use<T> {
    T apply(FileChannel channel) throws IOException;
  }

  /**
   * Uses a segment's file.
   *
   * @param create whether to make it if it is not there
   * @return empty when it is not there
   */
  <T> Optional<T> with(int segment, boolean create, Use<T> use) throws IOException {
    Optional<Handle> handle = acquire(segment, create);
    if (handle.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(use.apply(handle.get().channel));
    } finally {
      release(handle.get());
    }
  }

  private Path spare() {
    return folder.resolve("spare");
  }

  /**
   * Gives a segment's file up: it waits for another segment, unless one does already. Who reads the
   * segment at this moment still may, so such a file is deleted.
   *
   * @param keep whether there is room for a file that waits
   */
  void delete(int segment, boolean keep) throws IOException {
    lock.lock();
    try {
      Handle handle = open.remove(segment);
      boolean inUse = handle != null && handle.users > 0;
      if (handle != null) {
        handle.retire();
      }
      Path path = path(segment);
      // A piece that bundles share is a short file, which would keep a long one from waiting.
      boolean useful = keep && segments.length(segment) >= segments.longestBundle() / 2;
      if (inUse || !useful || spareBytes > 0) {
        Files.deleteIfExists(path);
      } else if (Files.exists(path)) {
        Files.move(path, spare(), StandardCopyOption.ATOMIC_MOVE);
        spareBytes = segments.length(segment);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Deletes the file that waits, if there is one. */
  void dropSpare() throws IOException {
    lock.lock();
    try {
      Files.deleteIfExists(spare());
      spareBytes = 0;
    } finally {
      lock.unlock();
    }
  }

  /** Closes all; later uses fail. */
  void close() throws IOException {
    lock.lock();
    try {
      closed = true;
      for (Handle handle : open.values()) {
        handle.retire();
      }
      open.clear();
    } finally {
      lock.unlock();
    }
  }

  private Optional<Handle> acquire(int segment, boolean create) throws IOException {
    lock.lock();
    try {
      if (closed) {
        throw new ScratchException("scratch in %s is closed already".formatted(folder));
      }
      Handle handle = open.get(segment);
      if (handle == null || !handle.channel.isOpen()) {
        // A channel is found closed here when its last user was interrupted in the middle.
        try {
          handle = new Handle(channel(segment, create));
        } catch (NoSuchFileException e) {
          if (create) {
            throw e;
          }
          return Optional.empty();
        }
        open.put(segment, handle);
      }
      handle.users++;
      evict();
      return Optional.of(handle);
    } finally {
      lock.unlock();
    }
  }

  private FileChannel channel(int segment, boolean create) throws IOException {
    Path path = path(segment);
    if (!create) {
      return FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
    }
    boolean fits = spareBytes > 0 && spareBytes <= segments.length(segment);
    if (fits && !Files.exists(path)) {
      Files.move(spare(), path, StandardCopyOption.ATOMIC_MOVE);
      spareBytes = 0;
    }
    return FileChannel.open(
        path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
  }

  private void release(Handle handle) throws IOException {
    lock.lock();
    try {
      handle.users--;
      if (handle.users == 0 && handle.retired) {
        handle.channel.close();
      }
    } finally {
      lock.unlock();
    }
  }

  private void evict() throws IOException {
    Iterator<Handle> oldest = open.values().iterator();
    while (open.size() > MOST_OPEN && oldest.hasNext()) {
      Handle handle = oldest.next();
      if (handle.users == 0) {
        oldest.remove();
        handle.retire();
      }
    }
  }

  private static final class Handle {
    private final FileChannel channel;
    private int users;
    private boolean retired;

    Handle(FileChannel channel) {
      this.channel = channel;
    }

    void retire() throws IOException {
      retired = true;
      if (users == 0) {
        channel.close();
      }
    }
  }
}
