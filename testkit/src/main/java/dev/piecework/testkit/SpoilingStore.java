package dev.piecework.testkit;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.function.Predicate;
import org.gaul.s3proxy.blobstore.BlobStore;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;

/** What lies under an S3 server, and changes the last byte of some objects once it has them. */
final class SpoilingStore {
  private final BlobStore store;
  private volatile Predicate<String> keys = key -> false;

  SpoilingStore(BlobStore store) {
    this.store = store;
  }

  /** Which objects. */
  void keys(Predicate<String> spoilt) {
    keys = spoilt;
  }

  /** For the server. */
  BlobStore asStore() {
    return (BlobStore)
        Proxy.newProxyInstance(
            BlobStore.class.getClassLoader(),
            new Class<?>[] {BlobStore.class},
            (proxy, method, arguments) -> call(method, arguments));
  }

  private Object call(Method method, Object[] arguments) throws Throwable {
    Object answer;
    try {
      answer = method.invoke(store, arguments);
    } catch (InvocationTargetException e) {
      throw e.getCause() == null ? e : e.getCause();
    }
    if (method.getName().equals("putBlob")
        && arguments[0] instanceof PutObjectRequest put
        && keys.test(put.key())) {
      spoil(put);
    }
    return answer;
  }

  private void spoil(PutObjectRequest put) throws IOException {
    byte[] bytes;
    try (InputStream in = store.getBlob(put.bucket(), put.key())) {
      bytes = in.readAllBytes();
    }
    bytes[bytes.length - 1] ^= 1;
    store.putBlob(put, new ByteArrayInputStream(bytes));
  }
}
