package dev.piecework.standalone.store;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
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
  private final Placement placement;

  /**
   * Opens the store; uploads that an earlier process left open are found again.
   *
   * @param buckets its folders (or links to folders) are the buckets
   * @param staging on the same file system as the buckets: for what is not whole yet
   * @param writable which keys may be written: a torrent chooses its name, and must not hit files
   *     that are not content
   * @param placement what happens to a file that is in an object's place
   * @throws IOException if the folders cannot be made
   */
  public FolderBlobStore(
      Path buckets, Path staging, Predicate<String> writable, Placement placement)
      throws IOException {
    this.buckets = Files.createDirectories(buckets).toAbsolutePath();
    this.files = new FilesystemNio2BlobStore(this.buckets.toString());
    this.uploads = new StagedUploads(staging.toAbsolutePath());
    this.writable = writable;
    this.placement = placement;
  }

  @Override
  public PutObjectResponse putBlob(PutObjectRequest request, InputStream payload) {
    try {
      Path target = target(request.bucket(), request.key());
      if (request.key().endsWith("/")) {
        return files.putBlob(request, payload);
      }
      placement.expect(target);
      StagedFile staged =
          StagedFile.receive(uploads.newFile(), payload, Optional.ofNullable(request.contentMD5()));
      try {
        ObjectAttributes.write(
            staged.file(),
            HexFormat.of().parseHex(staged.md5()),
            Optional.ofNullable(request.contentType()),
            request.metadata());
        publish(staged.file(), target, placement);
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
      placement.expect(target(request.bucket(), request.key()));
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
      publish(whole.file(), target, placement);
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

  private Path target(String bucket, String key) throws IOException {
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
    stayInside(folder, target);
    return target;
  }

  /** A symbolic link among the folders of a key must not lead out of the bucket. */
  private static void stayInside(Path folder, Path target) throws IOException {
    Path parent = folderOf(target);
    while (!Files.exists(parent, LinkOption.NOFOLLOW_LINKS)) {
      parent = folderOf(parent);
    }
    Path real = folder.toRealPath();
    Path shown = real.resolve(folder.relativize(parent));
    if (!Files.isDirectory(parent)) {
      throw new OccupiedException(shown, "is no folder, and one is needed there");
    }
    if (!parent.toRealPath().startsWith(real)) {
      throw new OccupiedException(shown, "leads out of the folder by a symbolic link");
    }
  }

  private static void publish(Path whole, Path target, Placement placement) throws IOException {
    try {
      Files.createDirectories(folderOf(target));
    } catch (FileAlreadyExistsException e) {
      throw new OccupiedException(folderOf(target), "is no folder, and one is needed there");
    }
    placement.put(whole, target);
  }

  /** The folder of a path in a bucket, which always has one. */
  private static Path folderOf(Path path) {
    return Objects.requireNonNull(path.getParent());
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
    // Of files that everybody on the machine can read, S3Proxy's own would say "public".
    return BucketCannedACL.PRIVATE;
  }

  @Override
  public void setContainerAccess(String bucket, BucketCannedACL access) {
    if (access != BucketCannedACL.PRIVATE) {
      throw S3Exceptions.invalidArgument("here nothing is public: only private can be asked for");
    }
  }

  @Override
  public CopyObjectResponse copyBlob(CopyObjectRequest request) {
    try {
      placement.change(target(request.destinationBucket(), request.destinationKey()));
      return files.copyBlob(request);
    } catch (IOException e) {
      throw StoreErrors.of(e, request.destinationKey());
    }
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
    try {
      Path folder = buckets.resolve(request.bucket()).normalize();
      Path target = folder.resolve(request.key()).normalize();
      if (target.startsWith(folder) && !target.equals(folder) && Files.isDirectory(folder)) {
        stayInside(folder, target);
        placement.change(target);
      }
      return files.removeBlob(request);
    } catch (IOException e) {
      throw StoreErrors.of(e, request.key());
    }
  }

  @Override
  public ObjectCannedACL getBlobAccess(String bucket, String key) {
    return ObjectCannedACL.PRIVATE;
  }

  @Override
  public void setBlobAccess(String bucket, String key, ObjectCannedACL access) {
    if (access != ObjectCannedACL.PRIVATE) {
      throw S3Exceptions.invalidArgument("here nothing is public: only private can be asked for");
    }
  }
}
