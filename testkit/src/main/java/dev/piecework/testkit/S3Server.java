package dev.piecework.testkit;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.blobstore.BlobStore;
import org.gaul.s3proxy.nio2blob.FilesystemNio2BlobStore;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Request;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.MultipartUpload;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;

/**
 * An S3 server in this JVM over a folder (S3Proxy): path style, signature version 4, multipart
 * uploads. What is stored is looked at behind its back, so that no client under test vouches for
 * itself. A {@link FaultProxy} stands before {@link #faultyEndpoint}.
 */
public final class S3Server implements AutoCloseable {
  private static final String ACCESS_KEY = "testkit-access";
  private static final String SECRET_KEY = "testkit-secret-key";
  private static final long LARGEST_REQUEST_BYTES = 6L << 30;

  private final Path folder;
  private final BlobStore store;
  private final S3Proxy server;
  private final FaultProxy proxy;
  private final SpoilingStore spoiling;

  private S3Server(
      Path folder, BlobStore store, SpoilingStore spoiling, S3Proxy server, FaultProxy proxy) {
    this.folder = folder;
    this.spoiling = spoiling;
    this.store = store;
    this.server = server;
    this.proxy = proxy;
  }

  /** Starts one over a temporary folder, with these buckets. */
  public static S3Server start(String... buckets) {
    Path folder = Folders.temporary("s3");
    BlobStore store = new FilesystemNio2BlobStore(folder.toString());
    SpoilingStore spoiling = new SpoilingStore(store);
    S3Proxy server =
        S3Proxy.builder()
            .blobStore(spoiling)
            .endpoint(URI.create("http://127.0.0.1:" + Ports.free()))
            .awsAuthentication(AuthenticationType.AWS_V4, ACCESS_KEY, SECRET_KEY)
            .v4MaxNonChunkedRequestSize(LARGEST_REQUEST_BYTES)
            .ignoreUnknownHeaders(true)
            .build();
    try {
      server.start();
    } catch (Exception e) {
      throw new TestkitException("S3Proxy does not start", e);
    }
    Await.until(
        "S3Proxy to listen",
        java.time.Duration.ofSeconds(30),
        () -> "STARTED".equals(server.getState()));
    S3Server s3 =
        new S3Server(
            folder, store, spoiling, server, FaultProxy.http(Ports.loopback(server.getPort())));
    for (String bucket : buckets) {
      s3.createBucket(bucket);
    }
    return s3;
  }

  /** Its URL, path style. */
  public URI endpoint() {
    return URI.create("http://127.0.0.1:" + server.getPort());
  }

  /** The same server behind {@link #proxy}. */
  public URI faultyEndpoint() {
    return URI.create("http://127.0.0.1:" + proxy.address().getPort());
  }

  /** What stands before {@link #faultyEndpoint}: pauses, cuts and delays it as a whole. */
  public FaultProxy proxy() {
    return proxy;
  }

  /** Faults of single requests to {@link #faultyEndpoint}. */
  public HttpFaults faults() {
    return proxy.faults();
  }

  /** Access key id. */
  public String accessKey() {
    return ACCESS_KEY;
  }

  /** Secret access key. */
  public String secretKey() {
    return SECRET_KEY;
  }

  /**
   * From now on keeps other bytes than it is sent, of whole objects with such keys: answers as if
   * it had kept them, and later gives the others.
   */
  public void spoil(Predicate<String> keys) {
    spoiling.keys(keys);
  }

  /** Any region is right; this one signs like all others. */
  public String region() {
    return "us-east-1";
  }

  /** The folder that holds the buckets. */
  public Path folder() {
    return folder;
  }

  /** Makes an empty bucket. */
  public void createBucket(String bucket) {
    store.createContainer(bucket);
  }

  /** Sizes in bytes of all objects of a bucket, by key. */
  public SortedMap<String, Long> objects(String bucket) {
    SortedMap<String, Long> objects = new TreeMap<>();
    ListObjectsV2Request.Builder request =
        ListObjectsV2Request.builder().bucket(bucket).maxKeys(1000);
    while (true) {
      ListObjectsV2Response page = store.list(request.build());
      page.contents().forEach(object -> objects.put(object.key(), object.size()));
      if (page.nextContinuationToken() == null || page.nextContinuationToken().isEmpty()) {
        return objects;
      }
      request.continuationToken(page.nextContinuationToken());
    }
  }

  /** An object's content; close it. */
  public InputStream open(String bucket, String key) {
    return store.getBlob(bucket, key);
  }

  /**
   * SHA-256 in hexadecimal of all objects of a bucket whose keys start so, by the rest of the key.
   */
  public SortedMap<String, String> sums(String bucket, String prefix) {
    SortedMap<String, String> sums = new TreeMap<>();
    for (String key : objects(bucket).keySet()) {
      if (key.startsWith(prefix)) {
        try (InputStream in = open(bucket, key)) {
          sums.put(key.substring(prefix.length()), Content.sha256(in));
        } catch (java.io.IOException e) {
          throw new java.io.UncheckedIOException("cannot read " + key, e);
        }
      }
    }
    return sums;
  }

  /** Writes an object behind everybody's back. */
  public void write(String bucket, String key, byte[] content) {
    store.putBlob(
        PutObjectRequest.builder()
            .bucket(bucket)
            .key(key)
            .contentLength((long) content.length)
            .build(),
        new ByteArrayInputStream(content));
  }

  /** Aborts all open multipart uploads of a bucket behind their owners' backs; their number. */
  public int abortUploads(String bucket) {
    List<MultipartUpload> open = store.listMultipartUploads(bucket);
    for (MultipartUpload upload : open) {
      store.abortMultipartUpload(
          new org.gaul.s3proxy.blobstore.domain.MultipartUpload(
              upload.uploadId(),
              CreateMultipartUploadRequest.builder().bucket(bucket).key(upload.key()).build()));
    }
    return open.size();
  }

  /** Keys of the multipart uploads that are neither completed nor aborted. */
  public List<String> openUploads(String bucket) {
    return store.listMultipartUploads(bucket).stream().map(MultipartUpload::key).sorted().toList();
  }

  @Override
  public void close() {
    proxy.close();
    try {
      server.stop();
    } catch (Exception e) {
      throw new TestkitException("S3Proxy does not stop", e);
    }
    store.close();
    Folders.delete(folder);
  }
}
