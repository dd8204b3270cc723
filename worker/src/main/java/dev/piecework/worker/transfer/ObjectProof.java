package dev.piecework.worker.transfer;

import dev.piecework.layout.StoredObject;
import dev.piecework.worker.checksum.Crc32cCombiner;
import dev.piecework.worker.store.StoredStat;
import dev.piecework.worker.transfer.Checkpoint.UploadedPart;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;

/**
 * What an object must look like, derived from the parts that were sent, and the comparison with
 * what the store says of it.
 *
 * <p>Size and CRC32C are compared wherever the store tells them. An ETag is compared only where it
 * has a known meaning: for a plain PUT it must not have changed since; for a multipart upload S3
 * makes it the MD5 of the parts' MD5s with {@code -N} behind it, which some stores and all that
 * encrypt do differently.
 */
public final class ObjectProof {
  private static final Pattern MD5 = Pattern.compile("[0-9a-f]{32}");

  private final StoredObject object;
  private final List<UploadedPart> parts;
  private final int crc32c;

  private ObjectProof(StoredObject object, List<UploadedPart> parts, int crc32c) {
    this.object = object;
    this.parts = parts;
    this.crc32c = crc32c;
  }

  /**
   * @param parts all parts of the object, in any order
   */
  public static ObjectProof of(StoredObject object, List<UploadedPart> parts) {
    List<UploadedPart> ordered =
        parts.stream().sorted(Comparator.comparingInt(UploadedPart::number)).toList();
    Crc32cCombiner whole = new Crc32cCombiner();
    for (UploadedPart part : ordered) {
      whole.append(part.crc32c(), part.length());
    }
    return new ObjectProof(object, ordered, whole.crc32c());
  }

  /** CRC32C of the whole object in Base64, as S3 writes it. */
  public String crc32c() {
    return Crc32cCombiner.base64(crc32c);
  }

  /**
   * The ETag that S3 gives a multipart object of these parts; empty when the parts' own are no
   * MD5s.
   */
  Optional<String> compositeEtag() {
    MessageDigest md5 = md5();
    for (UploadedPart part : parts) {
      if (!MD5.matcher(part.etag()).matches()) {
        return Optional.empty();
      }
      md5.update(HexFormat.of().parseHex(part.etag()));
    }
    return Optional.of(HexFormat.of().formatHex(md5.digest()) + "-" + parts.size());
  }

  /**
   * Whether a checksum or an ETag, not only the size, says that this is the object.
   *
   * @param stat what the store says
   */
  public boolean proves(StoredStat stat) {
    return check(Optional.of(stat)).isEmpty()
        && (stat.crc32c().isPresent() || comparable(stat).isPresent());
  }

  /** The ETag that the object must have, if those can be compared. */
  private Optional<String> comparable(StoredStat is) {
    Optional<String> etag =
        object.single() ? Optional.of(parts.getFirst().etag()) : compositeEtag();
    return etag.filter(expected ->
        !expected.isEmpty()
            && !is.etag().isEmpty()
            && !is.encrypted()
            && (object.single() || is.etag().matches("[0-9a-f]{32}-" + parts.size())));
  }

  /**
   * Compares.
   *
   * @param stat what the store says; empty when it has no such object
   * @return what is wrong, in one sentence; empty when nothing is
   */
  public Optional<String> check(Optional<StoredStat> stat) {
    if (stat.isEmpty()) {
      return wrong("is not in the bucket, though it was uploaded");
    }
    StoredStat is = stat.get();
    if (is.size() != object.length()) {
      return wrong("has %d bytes, expected %d".formatted(is.size(), object.length()));
    }
    if (is.crc32c().isPresent()) {
      String has = is.crc32c().get();
      String expected = has.contains("-") ? compositeCrc32c() : crc32c();
      if (!has.equals(expected)) {
        return wrong("has CRC32C %s, expected %s".formatted(has, expected));
      }
    }
    return comparable(is)
        .filter(expected -> !is.etag().equals(expected))
        .flatMap(expected -> wrong("has ETag %s, expected %s".formatted(is.etag(), expected)));
  }

  /** CRC32C of the parts' CRC32Cs: what S3 tells of uploads that were not begun as full-object. */
  private String compositeCrc32c() {
    CRC32C composite = new CRC32C();
    ByteBuffer one = ByteBuffer.allocate(Integer.BYTES);
    for (UploadedPart part : parts) {
      composite.update(one.clear().putInt(part.crc32c()).flip());
    }
    return Crc32cCombiner.base64((int) composite.getValue()) + "-" + parts.size();
  }

  private Optional<String> wrong(String what) {
    return Optional.of("object %s %s".formatted(object.key(), what));
  }

  private static MessageDigest md5() {
    try {
      return MessageDigest.getInstance("MD5");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has MD5", e);
    }
  }
}
