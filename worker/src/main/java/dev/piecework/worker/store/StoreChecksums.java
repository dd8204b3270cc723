package dev.piecework.worker.store;

import dev.piecework.worker.checksum.Crc32cCombiner;
import dev.piecework.worker.store.StoreException.Reason;
import io.minio.Http;
import io.minio.messages.Part;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * The checksums that go with requests, so that the store refuses what arrives otherwise than it was
 * sent, and can tell later what it has.
 */
final class StoreChecksums {
  static final String HEADER = "x-amz-checksum-crc32c";
  private static final String TYPE_HEADER = "x-amz-checksum-type";
  private static final String FULL_OBJECT = "FULL_OBJECT";

  private final boolean sent;
  private final boolean signsBodies;

  /**
   * @param sent whether the store is sent any
   * @param signsBodies whether the signature covers the body too, as it must without TLS
   */
  StoreChecksums(boolean sent, boolean signsBodies) {
    this.sent = sent;
    this.signsBodies = signsBodies;
  }

  /**
   * Reads a body once, for its sums.
   *
   * @throws StoreException {@link Reason#BODY_UNREADABLE} also when it is not what was verified
   */
  BodyDigest digest(ObjectBody body) throws StoreException {
    try {
      OptionalInt expected = body.expectedCrc32c();
      BodyDigest digest = BodyDigest.of(body, signsBodies);
      if (expected.isPresent() && expected.getAsInt() != digest.crc32c()) {
        throw new IOException(
            "scratch does not give back what was verified: the disk, or somebody, changed it; nothing of it was sent, and the next attempt fetches it again");
      }
      return digest;
    } catch (IOException e) {
      throw new StoreException(Reason.BODY_UNREADABLE, String.valueOf(e.getMessage()), e);
    }
  }

  /** Headers of our own keep the client from hashing the body another time, more slowly. */
  Http.Headers ofBody(BodyDigest digest) {
    Http.Headers headers = new Http.Headers();
    headers.put(Http.Headers.X_AMZ_CONTENT_SHA256, digest.sha256().orElse("UNSIGNED-PAYLOAD"));
    if (sent) {
      headers.put(HEADER, Crc32cCombiner.base64(digest.crc32c()));
    }
    return headers;
  }

  /** Of an upload that begins: which sum it will end with. */
  Map<String, String> ofUpload() {
    return sent ? Map.of("x-amz-checksum-algorithm", "CRC32C", TYPE_HEADER, FULL_OBJECT) : Map.of();
  }

  /** Of an upload that ends: the sum of the object, made of those of its parts. */
  Map<String, String> ofWhole(List<SentPart> parts) {
    if (!sent) {
      return Map.of();
    }
    Crc32cCombiner whole = new Crc32cCombiner();
    for (SentPart part : parts) {
      whole.append(part.crc32c(), part.length());
    }
    return Map.of(HEADER, Crc32cCombiner.base64(whole.crc32c()), TYPE_HEADER, FULL_OBJECT);
  }

  /** Of a look at an object: that its sum is wanted. */
  Map<String, String> ofQuestion() {
    return sent ? Map.of("x-amz-checksum-mode", "ENABLED") : Map.of();
  }

  @SuppressWarnings("NullAway") // The client leaves out of its XML what is null.
  Part part(SentPart part) {
    return sent
        ? new Part(
            part.number(),
            part.etag(),
            null,
            Crc32cCombiner.base64(part.crc32c()),
            null,
            null,
            null)
        : new Part(part.number(), part.etag());
  }
}
