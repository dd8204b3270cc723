package dev.piecework.worker.scratch;

import dev.piecework.layout.Segments;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The scratch folder of a host, as one of its workers sees it.
 *
 * <pre>
 *   id                      names the folder, made once
 *   worker-N.lock           held by the worker that has number N
 *   jobs/JOB/lock           held by the one process that works in the folder
 *   jobs/JOB/segment-N      see {@link JobScratch}
 *   jobs/JOB/spare          a segment that is done with, for the next one to write over
 *   jobs/JOB.2/...          the same, while another process sits on the first
 * </pre>
 *
 * <p>All workers of a host share the jobs; what keeps them apart is a lock per folder. So when a
 * worker dies, any other one on the host finds the pieces it left. One that merely hangs keeps its
 * lock: whoever takes its job over then works in a second folder, because what the sleeper may
 * still write when it wakes is out of anybody's control. A worker takes the lowest number that is
 * free, so that one that is started again is who it was. The system drops a lock with its process,
 * however that ends.
 */
public final class ScratchFolder implements Closeable {
  private static final Logger log = LoggerFactory.getLogger(ScratchFolder.class);
  private static final Pattern JOB_ID = Pattern.compile("[A-Za-z0-9_-]{1,100}");
  private static final Pattern JOB_FOLDER = Pattern.compile("([A-Za-z0-9_-]{1,100})(?:\\.[2-9])?");
  private static final Pattern ID = Pattern.compile("[A-Za-z0-9.-]{1,100}");
  private static final int MOST_WORKERS = 1000;
  private static final int MOST_FOLDERS_OF_A_JOB = 9;
  private static final String LOCK = "lock";

  private final Path jobs;
  private final String id;
  private final FileChannel workerLock;
  private final Clock clock;
  private final IdleScratch idle = new IdleScratch(this::discarded);
  private final ScratchBudget budget;
  private final FullDisk fullDisk;

  private ScratchFolder(
      Path jobs, String id, FileChannel workerLock, ScratchSettings settings, Clock clock)
      throws IOException {
    this.budget = new ScratchBudget(ScratchUse.limit(settings, jobs), idle);
    this.fullDisk = new FullDisk(settings.fullTimeout(), this::makeRoom);
    this.jobs = jobs;
    this.id = id;
    this.workerLock = workerLock;
    this.clock = clock;
  }

  /**
   * Opens or makes the folder, takes a worker's number in it, and deletes what nobody came back
   * for. Must be closed.
   *
   * @throws ScratchException when it cannot be made or written, or others could change what is in
   *     it
   */
  public static ScratchFolder open(ScratchSettings settings, Clock clock) throws ScratchException {
    Path folder = settings.path().toAbsolutePath();
    try {
      PrivateFolder.trusted(folder);
      PrivateFolder.own(folder.resolve("jobs"));
      String hostId = identity(folder.resolve("id"));
      ScratchFolder scratch = asWorker(folder, hostId, settings, clock);
      scratch.sweep(settings.keep(), job -> false);
      ScratchUse.idle(folder.resolve("jobs")).forEach(scratch.idle::left);
      scratch.budget.dropIdle();
      return scratch;
    } catch (PrivateFolder.RefusedException e) {
      throw ScratchException.refused(e);
    } catch (IOException e) {
      throw ScratchException.of("prepare", folder, e);
    }
  }

  /** Names this folder and the worker in it: no two workers at work have the same. */
  public String id() {
    return id;
  }

  /** What the jobs of this worker may use together. */
  public ScratchBudget budget() {
    return budget;
  }

  /** The disk is full: what nobody works in goes, and what is only kept for peers. */
  private void makeRoom() {
    sweep(Duration.ZERO, job -> true);
    budget.askBack(Long.MAX_VALUE);
  }

  /**
   * Opens the scratch of a job, with whatever an earlier attempt left in it; an empty one while
   * another process, or an earlier attempt that has not ended yet, still has that.
   *
   * @throws ScratchException when too many others do, or the disk fails
   */
  public JobScratch openJob(String jobId, Segments segments) throws ScratchException {
    for (Path folder : folders(jobId)) {
      try {
        Optional<FileChannel> lock = lock(folder);
        if (lock.isPresent()) {
          return openLocked(folder, lock.get(), segments);
        }
      } catch (IOException e) {
        throw ScratchException.of("open", folder, e);
      }
      log.warn("scratch {} is still held by somebody who no longer has the job", folder);
    }
    throw new ScratchException(
        "%d processes on this host hold scratch of job %s in %s: look for workers that hang"
            .formatted(MOST_FOLDERS_OF_A_JOB, jobId, jobs));
  }

  private JobScratch openLocked(Path folder, FileChannel lock, Segments segments)
      throws IOException {
    try {
      idle.gone(folder);
      return new JobScratch(folder, lock, segments, budget, fullDisk, left -> left(folder, left));
    } catch (IOException e) {
      lock.close();
      throw e;
    }
  }

  private void left(Path folder, long bytes) {
    idle.left(folder, bytes);
    budget.dropIdle();
  }

  /** Deletes the scratch of a job, but not what another process still holds. */
  public void discard(String jobId) {
    for (Path folder : folders(jobId)) {
      if (Files.isDirectory(folder) && !discarded(folder) && Files.exists(folder)) {
        log.warn("scratch {} stays: it is still in use, or cannot be deleted", folder);
      }
    }
  }

  /** Deletes a folder, and says whether it could: nobody works in it. */
  private boolean discarded(Path folder) {
    try {
      Optional<FileChannel> lock = lock(folder);
      if (lock.isEmpty()) {
        return false;
      }
      try {
        deleteAll(folder);
        idle.gone(folder);
      } finally {
        lock.get().close();
      }
      return true;
    } catch (IOException e) {
      if (Files.notExists(folder)) {
        return true; // Another deleted it in the same moment: a run's end, and the clean-up.
      }
      log.warn("scratch {} cannot be deleted: {}", folder, e.toString());
      return false;
    }
  }

  /** Gives the worker's number back; jobs that are open stay so. */
  @Override
  public void close() throws ScratchException {
    try {
      workerLock.close();
    } catch (IOException e) {
      throw ScratchException.of("release", jobs, e);
    }
  }

  private static ScratchFolder asWorker(
      Path folder, String hostId, ScratchSettings settings, Clock clock) throws IOException {
    for (int number = 1; number <= MOST_WORKERS; number++) {
      FileChannel lock =
          FileChannel.open(
              folder.resolve("worker-%d.lock".formatted(number)),
              StandardOpenOption.CREATE,
              StandardOpenOption.WRITE);
      if (tryLock(lock)) {
        return new ScratchFolder(
            folder.resolve("jobs"), hostId + "-" + number, lock, settings, clock);
      }
      lock.close();
    }
    throw new ScratchException(
        "%d workers already share scratch folder %s: point piecework.scratch.directory elsewhere"
            .formatted(MOST_WORKERS, folder));
  }

  /** Where scratch of a job may be, in order of preference. */
  private List<Path> folders(String jobId) {
    if (!JOB_ID.matcher(jobId).matches()) {
      throw new IllegalArgumentException(
          "a job id has 1 to 100 of A-Z a-z 0-9 _ -, not '%s'".formatted(jobId));
    }
    List<Path> folders = new ArrayList<>(List.of(jobs.resolve(jobId)));
    for (int number = 2; number <= MOST_FOLDERS_OF_A_JOB; number++) {
      folders.add(jobs.resolve(jobId + "." + number));
    }
    return folders;
  }

  /** Locks a job's folder; empty when somebody else has it. */
  private Optional<FileChannel> lock(Path folder) throws IOException {
    Path path = folder.resolve(LOCK);
    while (true) {
      Files.createDirectories(folder);
      FileChannel channel;
      try {
        channel = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      } catch (NoSuchFileException e) {
        continue; // Somebody deleted the folder at this moment.
      }
      if (!tryLock(channel)) {
        channel.close();
        return Optional.empty();
      }
      if (Files.exists(path)) {
        Files.setLastModifiedTime(path, FileTime.from(clock.instant()));
        return Optional.of(channel);
      }
      // What we locked was deleted between open and lock: begin again with a new file.
      channel.close();
    }
  }

  private static boolean tryLock(FileChannel channel) throws IOException {
    try {
      FileLock lock = channel.tryLock(); // Released with its channel.
      return lock != null;
    } catch (OverlappingFileLockException e) {
      return false; // Held by this very process.
    }
  }

  /**
   * Deletes what nobody works in and nobody came back for, or what is of no use any more.
   *
   * @param keep how long what was left is waited for
   * @param useless asked about each job with scratch here
   */
  public void sweep(Duration keep, Predicate<String> useless) {
    Instant before = clock.instant().minus(keep);
    try (DirectoryStream<Path> folders = Files.newDirectoryStream(jobs)) {
      for (Path folder : folders) {
        Matcher name = JOB_FOLDER.matcher(String.valueOf(folder.getFileName()));
        if (!name.matches()) {
          continue;
        }
        Instant used = lastUsed(folder);
        if ((used.isBefore(before) || useless.test(name.group(1))) && discarded(folder)) {
          log.info("deleted scratch {}, last used {}", folder, used);
        }
      }
    } catch (IOException e) {
      log.warn("scratch in {} cannot be swept: {}", jobs, e.toString());
    }
  }

  private Instant lastUsed(Path folder) {
    Path lock = folder.resolve(LOCK);
    try {
      return Files.getLastModifiedTime(Files.exists(lock) ? lock : folder).toInstant();
    } catch (IOException e) {
      return clock.instant(); // It went away just now.
    }
  }

  private static String identity(Path file) throws IOException {
    if (!Files.exists(file)) {
      byte[] random = new byte[4];
      RandomGenerator.of("SecureRandom").nextBytes(random);
      Path own = Files.createTempFile(file.toAbsolutePath().getParent(), "id-", ".new");
      Files.writeString(own, hostName() + "-" + HexFormat.of().formatHex(random));
      try {
        // A link, unlike a move, never replaces the id that another worker made meanwhile.
        Files.createLink(file, own);
      } catch (FileAlreadyExistsException e) {
        log.debug("another worker named {} first", file);
      } catch (UnsupportedOperationException e) {
        Files.move(own, file);
        return identity(file);
      }
      Files.deleteIfExists(own);
    }
    String id = Files.readString(file).strip();
    if (!ID.matcher(id).matches()) {
      throw new ScratchException(
          "%s should hold a name for this scratch folder (A-Z a-z 0-9 . -), but does not: delete the file"
              .formatted(file));
    }
    return id;
  }

  private static String hostName() {
    try {
      String name = InetAddress.getLocalHost().getHostName().replaceAll("[^A-Za-z0-9-]", "-");
      return name.substring(0, Math.min(40, name.length()));
    } catch (UnknownHostException e) {
      return "host";
    }
  }

  private static void deleteAll(Path folder) throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
      for (Path file : files) {
        if (!file.endsWith(LOCK)) {
          Files.deleteIfExists(file);
        }
      }
    }
    Files.deleteIfExists(folder.resolve(LOCK));
    Files.deleteIfExists(folder);
  }
}
