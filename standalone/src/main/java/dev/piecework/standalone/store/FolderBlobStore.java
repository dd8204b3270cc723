package dev.piecework.standalone.store;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.gaul.s3proxy.blobstore.BlobStore;
import org.gaul.s3proxy.blobstore.S3Exceptions;
import org.gaul.s3proxy.blobstore.SdkResponses;
import org.gaul.s3proxy.blobstore.domain.MultipartUpload;
import org.gaul.s3proxy.nio2blob.FilesystemNio2BlobStore;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.services.s3.model.BucketCannedACL;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadResponse;
import software.amazon.awssdk.services.s3.model.CopyObjectRequest;
import software.amazon.awssdk.services.s3.model.CopyObjectResponse;
import software.amazon.awssdk.services.s3.model.CreateBucketRequest;
import software.amazon.awssdk.services.s3.model.CreateBucketResponse;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.DeleteObjectRequest;
import software.amazon.awssdk.services.s3.model.DeleteObjectResponse;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.HeadBucketRequest;
import software.amazon.awssdk.services.s3.model.HeadBucketResponse;
import software.amazon.awssdk.services.s3.model.HeadObjectRequest;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.ListBucketsResponse;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Request;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.ObjectCannedACL;
import software.amazon.awssdk.services.s3.model.Part;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.PutObjectResponse;
import software.amazon.awssdk.services.s3.model.UploadPartRequest;
import software.amazon.awssdk.services.s3.model.UploadPartResponse;

/**
 * Buckets are folders, objects are files at the path of their key, and nothing else appears among
 * them: what is being written lies in a folder of its own until it is whole.
 *
 * <p>S3Proxy's own file store reads and deletes; writing is done here, for three reasons. It keeps
 * unfinished parts in the bucket, visible to whoever looks there; it copies every byte once more
 * when an upload completes, and needs the room for it; and it lengthens file names by up to 44
 * bytes while writing, so that names of more than 211 bytes fail.
 */
public final class FolderBlobStore implements BlobStore {
  private final Path buckets;
  private final FilesystemNio2BlobStore files;
  private final StagedUploads uploads;
  private final Predicate<String> writable;

  /**
   * Opens the store; uploads that an earlier process left open are found again.
   *
   * @param buckets its folders (or links to folders) are the buckets
   * @param staging on the same file system as the buckets: for what is not whole yet
   * @param writable which keys may be written: a torrent chooses its name, and must not hit files
   *     that are not content
   * @throws IOException if the folders cannot be made
   */
  public FolderBlobStore(Path buckets, Path staging, Predicate<String> writable)
      throws IOException {
    this.buckets = Files.createDirectories(buckets).toAbsolutePath();
    this.files = new FilesystemNio2BlobStore(this.buckets.toString());
    this.uploads = new StagedUploads(staging.toAbsolutePath());
    this.writable = writable;
  }

  @Override
  public PutObjectResponse putBlob(PutObjectRequest request, InputStream payload) {
    if (request.key().endsWith("/")) {
      return files.putBlob(request, payload);
    }
    try {
      Path target = target(request.bucket(), request.key());
      StagedFile staged =
          StagedFile.receive(uploads.newFile(), payload, Optional.ofNullable(request.contentMD5()));
      try {
        ObjectAttributes.write(
            staged.file(),
            HexFormat.of().parseHex(staged.md5()),
            Optional.ofNullable(request.contentType()),
            request.metadata());
        publish(staged.file(), target);
      } finally {
        Files.deleteIfExists(staged.file());
      }
      return SdkResponses.putResponse(staged.md5());
    } catch (IOException e) {
      throw StoreErrors.of(e, request.key());
    }
  }

  @Override
  public MultipartUpload initiateMultipartUpload(CreateMultipartUploadRequest request) {
    try {
      target(request.bucket(), request.key());
      StagedUpload upload = uploads.begin(request);
      return new MultipartUpload(upload.id(), request);
    } catch (IOException e) {
      throw StoreErrors.of(e, request.key());
    }
  }

  @Override
  public UploadPartResponse uploadMultipartPart(
      MultipartUpload mpu, UploadPartRequest request, InputStream payload) {
    try (payload) {
      StagedUpload upload = uploads.find(mpu.id(), mpu.containerName(), mpu.blobName());
      String eTag =
          upload.receive(
              request.partNumber(),
              request.contentLength(),
              payload,
              Optional.ofNullable(request.contentMD5()));
      return SdkResponses.uploadedPart(eTag);
    } catch (IOException e) {
      throw StoreErrors.of(e, mpu.blobName());
    }
  }

  @Override
  public CompleteMultipartUploadResponse completeMultipartUpload(
      MultipartUpload mpu, CompleteMultipartUploadRequest request) {
    try {
      StagedUpload upload = uploads.find(mpu.id(), mpu.containerName(), mpu.blobName());
      Path target = target(mpu.containerName(), mpu.blobName());
      StagedUpload.Whole whole = upload.assemble(request.multipartUpload().parts());
      publish(whole.file(), target);
      uploads.end(upload);
      return SdkResponses.completeResponse(whole.eTag());
    } catch (IOException e) {
      throw StoreErrors.of(e, mpu.blobName());
    }
  }

  @Override
  public void abortMultipartUpload(MultipartUpload mpu) {
    try {
      uploads.end(uploads.find(mpu.id(), mpu.containerName(), mpu.blobName()));
    } catch (IOException e) {
      throw StoreErrors.of(e, mpu.blobName());
    }
  }

  @Override
  public List<Part> listMultipartUpload(MultipartUpload mpu) {
    return uploads.find(mpu.id(), mpu.containerName(), mpu.blobName()).parts();
  }

  @Override
  public List<software.amazon.awssdk.services.s3.model.MultipartUpload> listMultipartUploads(
      String bucket) {
    return uploads.list(bucket);
  }

  /** As S3 has it. */
  @Override
  public long getMinimumMultipartPartSize() {
    return 5L << 20;
  }

  private Path target(String bucket, String key) {
    Path folder = buckets.resolve(bucket).normalize();
    if (!buckets.equals(folder.getParent()) || !Files.isDirectory(folder)) {
      throw S3Exceptions.noSuchBucket(bucket, "no such bucket");
    }
    Path target = folder.resolve(key).normalize();
    if (!target.startsWith(folder) || target.equals(folder)) {
      throw S3Exceptions.invalidArgument("a key may not lead out of its bucket");
    }
    String relative = folder.relativize(target).toString();
    if (!writable.test(relative)) {
      throw S3Exceptions.invalidArgument("the key %s is reserved here".formatted(relative));
    }
    return target;
  }

  private static void publish(Path whole, Path target) throws IOException {
    Files.createDirectories(target.getParent());
    Files.move(whole, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  @Override
  public ListBucketsResponse list() {
    return files.list();
  }

  @Override
  public ListObjectsV2Response list(ListObjectsV2Request request) {
    return files.list(request);
  }

  @Override
  public HeadBucketResponse headBucket(HeadBucketRequest request) {
    return files.headBucket(request);
  }

  @Override
  public CreateBucketResponse createContainer(CreateBucketRequest request) {
    return files.createContainer(request);
  }

  @Override
  public void deleteBucket(String bucket) {
    files.deleteBucket(bucket);
  }

  @Override
  public BucketCannedACL getContainerAccess(String bucket) {
    return files.getContainerAccess(bucket);
  }

  @Override
  public void setContainerAccess(String bucket, BucketCannedACL access) {
    files.setContainerAccess(bucket, access);
  }

  @Override
  public CopyObjectResponse copyBlob(CopyObjectRequest request) {
    return files.copyBlob(request);
  }

  @Override
  public HeadObjectResponse blobMetadata(HeadObjectRequest request) {
    return files.blobMetadata(request);
  }

  @Override
  public @Nullable ResponseInputStream<GetObjectResponse> getBlob(GetObjectRequest request) {
    return files.getBlob(request);
  }

  @Override
  public DeleteObjectResponse removeBlob(DeleteObjectRequest request) {
    return files.removeBlob(request);
  }

  @Override
  public ObjectCannedACL getBlobAccess(String bucket, String key) {
    return files.getBlobAccess(bucket, key);
  }

  @Override
  public void setBlobAccess(String bucket, String key, ObjectCannedACL access) {
    files.setBlobAccess(bucket, key, access);
  }
}
