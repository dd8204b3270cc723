package dev.piecework.worker.store;

import dev.piecework.worker.store.StoreException.Reason;
import io.minio.ListMultipartUploadsArgs;
import io.minio.ListPartsArgs;
import io.minio.MinioAsyncClient;
import io.minio.messages.ListMultipartUploadsResult;
import io.minio.messages.ListPartsResult;
import io.minio.messages.Part;
import java.util.ArrayList;
import java.util.List;

/** What the store lists, page by page. */
final class StoreListings {
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
