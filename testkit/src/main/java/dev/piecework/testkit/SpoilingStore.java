package dev.piecework.testkit;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.function.Predicate;
import org.gaul.s3proxy.blobstore.BlobStore;
import org.gaul.s3proxy.blobstore.ForwardingBlobStore;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.PutObjectResponse;

/** What lies under an S3 server, and changes the last byte of some objects once it has them. */
final class SpoilingStore extends ForwardingBlobStore {
  private final BlobStore store;
  private volatile Predicate<String> keys = key -> false;

  SpoilingStore(BlobStore store) {
    super(store);
    this.store = store;
  }

  /** Which objects. */
  void keys(Predicate<String> spoilt) {
    keys = spoilt;
  }

  @Override
  public PutObjectResponse putBlob(PutObjectRequest put, InputStream body) {
    PutObjectResponse answer = store.putBlob(put, body);
    if (keys.test(put.key())) {
      spoil(put);
    }
    return answer;
  }

  private void spoil(PutObjectRequest put) {
    byte[] bytes;
    try (InputStream in = store.getBlob(put.bucket(), put.key())) {
      bytes = in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + put.key(), e);
    }
    bytes[bytes.length - 1] ^= 1;
    store.putBlob(put, new ByteArrayInputStream(bytes));
  }
}
