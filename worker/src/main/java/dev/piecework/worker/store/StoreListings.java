package dev.piecework.worker.store;

import dev.piecework.worker.store.StoreException.Reason;
import io.minio.ListMultipartUploadsArgs;
import io.minio.ListObjectsV2Args;
import io.minio.ListPartsArgs;
import io.minio.MinioAsyncClient;
import io.minio.messages.ListBucketResultV2;
import io.minio.messages.ListMultipartUploadsResult;
import io.minio.messages.ListPartsResult;
import io.minio.messages.Part;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the store lists, page by page. */
final class StoreListings {
  private static final Logger log = LoggerFactory.getLogger(StoreListings.class);
  private static final int MOST_PAGES = 100;

  private final MinioAsyncClient client;
  private final StoreRequests requests;

  StoreListings(MinioAsyncClient client, StoreRequests requests) {
    this.client = client;
    this.requests = requests;
  }

  /** Multipart uploads of a key that are neither completed nor aborted. */
  List<OpenUpload> openUploads(String bucket, String key, Cancellation cancellation)
      throws StoreException {
    List<OpenUpload> uploads = new ArrayList<>();
    String keyMarker = "";
    String idMarker = "";
    while (true) {
      ListMultipartUploadsArgs.Builder args =
          ListMultipartUploadsArgs.builder().bucket(bucket).prefix(key);
      if (!keyMarker.isEmpty()) {
        args.keyMarker(keyMarker).uploadIdMarker(idMarker);
      }
      ListMultipartUploadsResult page =
          requests
              .call(
                  "list the uploads of",
                  bucket,
                  key,
                  cancellation,
                  () -> client.listMultipartUploads(args.build()))
              .result();
      for (ListMultipartUploadsResult.Upload upload : page.uploads()) {
        if (key.equals(upload.objectName())) {
          uploads.add(new OpenUpload(upload.uploadId(), upload.initiated().toInstant()));
        }
      }
      String nextKey = String.valueOf(page.nextKeyMarker());
      String nextId = String.valueOf(page.nextUploadIdMarker());
      // Keys come in order: behind the first other one is nothing of ours.
      if (!page.isTruncated()
          || !nextKey.equals(key)
          || (nextKey.equals(keyMarker) && nextId.equals(idMarker))) {
        return uploads;
      }
      keyMarker = nextKey;
      idMarker = nextId;
    }
  }

  /** Keys that begin so, the first pages of them. */
  Set<String> keys(String bucket, String prefix, Cancellation cancellation) throws StoreException {
    Set<String> keys = new HashSet<>();
    String token = "";
    for (int page = 0; page < MOST_PAGES; page++) {
      ListObjectsV2Args.Builder args =
          ListObjectsV2Args.builder().bucket(bucket).prefix(prefix).maxKeys(1000);
      if (!token.isEmpty()) {
        args.continuationToken(token);
      }
      ListBucketResultV2 answer =
          requests
              .call(
                  "list the objects of",
                  bucket,
                  prefix,
                  cancellation,
                  () -> client.listObjectsV2(args.build()))
              .result();
      answer.contents().forEach(object -> keys.add(object.objectName()));
      String next = String.valueOf(answer.nextContinuationToken());
      if (!answer.isTruncated() || next.equals(token)) {
        return keys;
      }
      token = next;
    }
    log.warn("bucket {} has too many objects under {} to be looked at", bucket, prefix);
    return keys;
  }

  /**
   * All parts that the store has of an upload.
   *
   * @throws StoreException {@link Reason#NO_SUCH_UPLOAD} when it does not know it
   */
  List<ListedPart> parts(String bucket, String key, String uploadId, Cancellation cancellation)
      throws StoreException {
    List<ListedPart> parts = new ArrayList<>();
    int marker = 0;
    while (true) {
      ListPartsArgs.Builder args =
          ListPartsArgs.builder().bucket(bucket).object(key).uploadId(uploadId);
      if (marker > 0) {
        args.partNumberMarker(marker);
      }
      ListPartsResult page =
          requests
              .call(
                  "list the parts of",
                  bucket,
                  key,
                  cancellation,
                  () -> client.listParts(args.build()))
              .result();
      for (Part part : page.parts()) {
        parts.add(new ListedPart(part.partNumber(), part.partSize(), part.etag()));
      }
      Integer next = page.nextPartNumberMarker();
      if (!page.isTruncated() || next == null || next <= marker) {
        return parts;
      }
      marker = next;
    }
  }
}
