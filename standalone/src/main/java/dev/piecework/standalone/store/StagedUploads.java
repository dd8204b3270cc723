package dev.piecework.standalone.store;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.gaul.s3proxy.blobstore.SdkResponses;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.MultipartUpload;

/** The multipart uploads that are open, each in a folder; they outlive the process. */
final class StagedUploads {
  private final Path folder;
  private final Path single;
  private final Map<String, StagedUpload> open = new ConcurrentHashMap<>();

  StagedUploads(Path folder) throws IOException {
    this.folder = Files.createDirectories(folder.resolve("multipart"));
    this.single = folder.resolve("single");
    // Nothing else refers to what a killed process was receiving whole.
    deleteTree(single);
    Files.createDirectories(single);
    try (DirectoryStream<Path> uploads = Files.newDirectoryStream(this.folder)) {
      for (Path upload : uploads) {
        StagedUpload.load(upload).ifPresent(found -> open.put(found.id(), found));
      }
    }
  }

  /** A file to receive an object into. */
  Path newFile() {
    return single.resolve(UUID.randomUUID().toString());
  }

  StagedUpload begin(CreateMultipartUploadRequest request) throws IOException {
    String id = UUID.randomUUID().toString();
    StagedUpload upload = StagedUpload.create(folder.resolve(id), request);
    open.put(id, upload);
    return upload;
  }

  /** The upload, if it is that object's; otherwise NoSuchUpload. */
  StagedUpload find(String id, String bucket, String key) {
    StagedUpload upload = open.get(id);
    if (upload == null || !upload.bucket().equals(bucket) || !upload.key().equals(key)) {
      throw StoreErrors.noSuchUpload(id);
    }
    return upload;
  }

  List<MultipartUpload> list(String bucket) {
    List<MultipartUpload> uploads = new ArrayList<>();
    for (StagedUpload upload : open.values()) {
      if (upload.bucket().equals(bucket)) {
        uploads.add(SdkResponses.upload(upload.key(), upload.id(), upload.begun()));
      }
    }
    uploads.sort(
        Comparator.comparing(MultipartUpload::key).thenComparing(MultipartUpload::uploadId));
    return uploads;
  }

  /** Forgets an upload and deletes what is left of it. */
  void end(StagedUpload upload) throws IOException {
    open.remove(upload.id());
    upload.close();
    deleteTree(upload.folder());
  }

  private static void deleteTree(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    List<Path> paths;
    try (Stream<Path> walk = Files.walk(folder)) {
      paths = walk.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path path : paths) {
      Files.deleteIfExists(path);
    }
  }
}
