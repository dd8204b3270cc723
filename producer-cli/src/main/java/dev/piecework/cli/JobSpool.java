package dev.piecework.cli;

import dev.piecework.exit.ExitCode;
import dev.piecework.message.JobId;
import dev.piecework.message.JobMessage;
import dev.piecework.message.JobMessageCodec;
import dev.piecework.message.MessageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The jobs of one submission, all checked before the first is sent. There may be more of them than
 * memory holds, since each may carry a torrent file: beyond a limit they lie in a temporary file,
 * which is gone with this.
 */
final class JobSpool implements AutoCloseable {
  private static final long MEMORY_BYTES = 32L << 20;

  private final Map<String, Entry> byId = new LinkedHashMap<>();
  private final List<Named> named = new ArrayList<>();
  private final long memoryBytes;
  private long bytesInMemory;
  private @Nullable FileChannel file;

  JobSpool() {
    this(MEMORY_BYTES);
  }

  /**
   * @param memoryBytes of messages that are kept in memory
   */
  JobSpool(long memoryBytes) {
    this.memoryBytes = memoryBytes;
  }

  /**
   * A submitted job as the user knows it.
   *
   * @param source as the user wrote it, or the place of its line
   * @param jobId the job; several sources may be one
   */
  record Named(String source, String jobId) {}

  private sealed interface Entry {
    record InMemory(ByteBuffer message) implements Entry {}

    record InFile(long offset, int length) implements Entry {}
  }

  /**
   * Adds a job; one that is there already is kept as it was.
   *
   * @param source as the user wrote it
   * @return the source of an earlier job with the same id that is to do something else, which
   *     nobody can mean: the caller refuses it
   */
  Optional<String> add(String source, JobMessage job) {
    if (byId.containsKey(job.id())) {
      if (!derivedId(get(job.id())).equals(derivedId(job))) {
        return named.stream()
            .filter(other -> other.jobId().equals(job.id()))
            .map(Named::source)
            .findFirst();
      }
    } else {
      byId.put(job.id(), keep(JobMessageCodec.encode(job)));
    }
    named.add(new Named(source, job.id()));
    return Optional.empty();
  }

  private static String derivedId(JobMessage job) {
    return JobId.of(job.source(), job.destination(), job.options());
  }

  private Entry keep(byte[] message) {
    if (bytesInMemory + message.length <= memoryBytes) {
      bytesInMemory += message.length;
      return new Entry.InMemory(ByteBuffer.wrap(message));
    }
    try {
      FileChannel channel = file;
      if (channel == null) {
        Path path = Files.createTempFile("piecework-submit", ".jsonl");
        channel =
            FileChannel.open(
                path,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE,
                StandardOpenOption.DELETE_ON_CLOSE);
        file = channel;
      }
      long offset = channel.size();
      ByteBuffer bytes = ByteBuffer.wrap(message);
      while (bytes.hasRemaining()) {
        channel.write(bytes, offset + bytes.position());
      }
      return new Entry.InFile(offset, message.length);
    } catch (IOException e) {
      throw spoolFailed(e);
    }
  }

  private JobMessage get(String jobId) {
    Entry entry = byId.get(jobId);
    if (entry == null) {
      throw new IllegalArgumentException("no job " + jobId);
    }
    try {
      return JobMessageCodec.decode(
          switch (entry) {
            case Entry.InMemory inMemory -> inMemory.message().array();
            case Entry.InFile inFile -> read(inFile);
          });
    } catch (MessageException e) {
      throw new IllegalStateException("a job that was checked when it was added", e);
    }
  }

  private byte[] read(Entry.InFile place) {
    ByteBuffer bytes = ByteBuffer.allocate(place.length());
    try {
      FileChannel channel = java.util.Objects.requireNonNull(file);
      while (bytes.hasRemaining()) {
        if (channel.read(bytes, place.offset() + bytes.position()) < 0) {
          throw new IOException("it has become shorter");
        }
      }
    } catch (IOException e) {
      throw spoolFailed(e);
    }
    return bytes.array();
  }

  private static CliException spoolFailed(IOException e) {
    return new CliException(
        ExitCode.INTERNAL,
        "a temporary file in "
            + System.getProperty("java.io.tmpdir")
            + " cannot be used ("
            + e.getMessage()
            + "): so many jobs do not fit into memory; nothing more is sent. Free some space there,"
            + " or submit fewer at a time");
  }

  /** All sources, in their order. */
  List<Named> named() {
    return Collections.unmodifiableList(named);
  }

  /** The ids of all jobs, each once, in their order. */
  Set<String> ids() {
    return Collections.unmodifiableSet(byId.keySet());
  }

  /** Some of the jobs, read one at a time. */
  Iterable<JobMessage> jobs(Collection<String> ids) {
    return () -> {
      Iterator<String> each = ids.iterator();
      return new Iterator<>() {
        @Override
        public boolean hasNext() {
          return each.hasNext();
        }

        @Override
        public JobMessage next() {
          return get(each.next());
        }
      };
    };
  }

  @Override
  public void close() {
    try {
      if (file != null) {
        file.close();
      }
    } catch (IOException e) {
      // It was to be deleted; the system's cleaning will do it.
    }
  }
}
