package dev.piecework.standalone.store;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeMap;
import org.gaul.s3proxy.blobstore.SdkResponses;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.Part;

/**
 * One multipart upload on disk, made so that completing it costs no copy: as soon as two parts of
 * one size have come, that is taken for the size of all but the last, and every further part goes
 * straight to its place in the file that becomes the object. Parts that came before, and the last
 * one, lie in files of their own until the end. A sender whose parts are of mixed sizes is served
 * too, by a copy.
 *
 * <p>What has been received is written to a journal, line by line after the bytes, so that the
 * upload goes on after {@code kill -9}.
 */
final class StagedUpload {
  private static final String DATA = "data";
  private static final String JOURNAL = "parts";
  private static final String DESCRIPTION = "upload.properties";

  private final Path folder;
  private final String bucket;
  private final String key;
  private final Instant begun;
  private final Optional<String> contentType;
  private final Map<String, String> metadata;
  private final TreeMap<Integer, Received> parts = new TreeMap<>();
  private final FileChannel data;
  private long partSize;

  /** A part that is here; {@code placed}: in the data file rather than in one of its own. */
  private record Received(int number, long length, String md5, boolean placed, Instant at) {}

  /** A whole object: its file and ETag. */
  record Whole(Path file, String eTag) {}

  private StagedUpload(Path folder, Properties description, Instant begun) throws IOException {
    this.folder = folder;
    this.bucket = description.getProperty("bucket", "");
    this.key = description.getProperty("key", "");
    this.contentType = Optional.ofNullable(description.getProperty("content-type"));
    this.begun = begun;
    Map<String, String> pairs = new HashMap<>();
    for (String name : description.stringPropertyNames()) {
      if (name.startsWith("metadata.")) {
        pairs.put(name.substring("metadata.".length()), description.getProperty(name));
      }
    }
    this.metadata = Map.copyOf(pairs);
    this.data =
        FileChannel.open(folder.resolve(DATA), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
  }

  static StagedUpload create(Path folder, CreateMultipartUploadRequest request) throws IOException {
    Properties description = new Properties();
    description.setProperty("bucket", request.bucket());
    description.setProperty("key", request.key());
    if (request.contentType() != null) {
      description.setProperty("content-type", request.contentType());
    }
    request.metadata().forEach((name, value) -> description.setProperty("metadata." + name, value));
    Files.createDirectories(folder);
    try (var out = Files.newOutputStream(folder.resolve(DESCRIPTION))) {
      description.store(out, null);
    }
    return new StagedUpload(folder, description, Instant.now());
  }

  /** Finds an upload again; empty if the folder is not a whole one. */
  static Optional<StagedUpload> load(Path folder) throws IOException {
    Path file = folder.resolve(DESCRIPTION);
    if (!Files.exists(file) || !Files.exists(folder.resolve(DATA))) {
      return Optional.empty();
    }
    Properties description = new Properties();
    try (var in = Files.newInputStream(file)) {
      description.load(in);
    }
    Instant begun =
        Files.readAttributes(file, BasicFileAttributes.class).creationTime().toInstant();
    StagedUpload upload = new StagedUpload(folder, description, begun);
    upload.readJournal();
    return Optional.of(upload);
  }

  String id() {
    return folder.getFileName().toString();
  }

  Path folder() {
    return folder;
  }

  String bucket() {
    return bucket;
  }

  String key() {
    return key;
  }

  Instant begun() {
    return begun;
  }

  /**
   * Receives a part; returns its ETag. Several threads may, for different parts.
   *
   * @param length bytes that will come
   */
  String receive(int number, long length, InputStream stream, Optional<String> contentMd5)
      throws IOException {
    forget(number);
    boolean placed = hasPlace(length);
    StagedFile staged;
    if (placed) {
      staged =
          StagedFile.receive(folder.resolve(DATA), data, (number - 1) * length, stream, contentMd5);
    } else {
      Path file = partFile(number);
      Files.deleteIfExists(file);
      staged = StagedFile.receive(file, stream, contentMd5);
    }
    if (staged.length() != length) {
      throw new IOException(
          "part %d ended after %d of %d bytes".formatted(number, staged.length(), length));
    }
    record(new Received(number, length, staged.md5(), placed, Instant.now()));
    return staged.md5();
  }

  /** What has been received, by number. */
  synchronized List<Part> parts() {
    List<Part> list = new ArrayList<>();
    for (Received part : parts.values()) {
      list.add(SdkResponses.part(part.number(), part.length(), part.md5(), part.at()));
    }
    return list;
  }

  /** Puts the named parts together; the file is then ready to be moved to where it belongs. */
  synchronized Whole assemble(List<CompletedPart> named) throws IOException {
    List<Received> chosen = new ArrayList<>();
    MessageDigest eTag = StagedFile.newMd5();
    for (CompletedPart name : named) {
      Received part = parts.get(name.partNumber());
      if (part == null || !part.md5().equals(name.eTag().replace("\"", ""))) {
        throw StoreErrors.invalidPart(name.partNumber());
      }
      chosen.add(part);
      eTag.update(HexFormat.of().parseHex(part.md5()));
    }
    String text = HexFormat.of().formatHex(eTag.digest()) + "-" + chosen.size();
    Path file = tiles(chosen) ? fill(chosen) : concatenate(chosen);
    ObjectAttributes.write(
        file, ("\"" + text + "\"").getBytes(StandardCharsets.US_ASCII), contentType, metadata);
    return new Whole(file, text);
  }

  void close() throws IOException {
    data.close();
  }

  /** Whether parts of this length go straight to their place; learns the size from the second. */
  private synchronized boolean hasPlace(long length) {
    if (partSize == 0) {
      long alike = parts.values().stream().filter(part -> part.length() == length).count();
      if (alike > 0) {
        partSize = length;
      }
    }
    return length == partSize;
  }

  /** A part that is sent again counts as missing from the first byte overwritten on. */
  private synchronized void forget(int number) throws IOException {
    if (parts.remove(number) != null) {
      note("%d%n".formatted(number));
    }
  }

  private synchronized void record(Received part) throws IOException {
    note("%d %d %s %b%n".formatted(part.number(), part.length(), part.md5(), part.placed()));
    parts.put(part.number(), part);
  }

  private void note(String line) throws IOException {
    Files.writeString(
        folder.resolve(JOURNAL), line, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }

  private void readJournal() throws IOException {
    Path journal = folder.resolve(JOURNAL);
    if (!Files.exists(journal)) {
      return;
    }
    String text = Files.readString(journal);
    // A line without its end was cut by a crash: its part counts as never received.
    for (String line : text.substring(0, text.lastIndexOf('\n') + 1).split("\\R", -1)) {
      String[] words = line.split(" ", -1);
      if (words.length == 1 && !line.isEmpty()) {
        parts.remove(Integer.parseInt(words[0]));
      } else if (words.length == 4) {
        Received part =
            new Received(
                Integer.parseInt(words[0]),
                Long.parseLong(words[1]),
                words[2],
                Boolean.parseBoolean(words[3]),
                begun);
        parts.put(part.number(), part);
        if (part.placed()) {
          partSize = part.length();
        }
      }
    }
  }

  /** Whether the parts are numbered from 1 without gap, all of the one size but the last. */
  private boolean tiles(List<Received> chosen) {
    if (partSize == 0) {
      return false;
    }
    for (int i = 0; i < chosen.size(); i++) {
      Received part = chosen.get(i);
      boolean last = i == chosen.size() - 1;
      if (part.number() != i + 1 || (last ? part.length() > partSize : part.length() != partSize)) {
        return false;
      }
    }
    return true;
  }

  private Path fill(List<Received> chosen) throws IOException {
    long length = 0;
    for (Received part : chosen) {
      if (!part.placed()) {
        copy(part, data, (part.number() - 1) * partSize);
      }
      length += part.length();
    }
    // A part beyond those named may have been placed behind them.
    data.truncate(length);
    return folder.resolve(DATA);
  }

  private Path concatenate(List<Received> chosen) throws IOException {
    Path file = folder.resolve("whole");
    try (FileChannel whole =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      long position = 0;
      for (Received part : chosen) {
        copy(part, whole, position);
        position += part.length();
      }
    }
    return file;
  }

  private void copy(Received part, FileChannel to, long position) throws IOException {
    Path from = part.placed() ? folder.resolve(DATA) : partFile(part.number());
    long start = part.placed() ? (part.number() - 1) * part.length() : 0;
    try (FileChannel source = FileChannel.open(from, StandardOpenOption.READ)) {
      to.position(position);
      long done = 0;
      while (done < part.length()) {
        long count = source.transferTo(start + done, part.length() - done, to);
        if (count <= 0) {
          throw new IOException("part %d is shorter than it was".formatted(part.number()));
        }
        done += count;
      }
    }
  }

  private Path partFile(int number) {
    return folder.resolve("part-" + number);
  }
}
