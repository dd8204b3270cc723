package dev.piecework.worker.store;

import dev.piecework.worker.checksum.Crc;
import dev.piecework.worker.dialect.StoreDialect;
import dev.piecework.worker.dialect.SumForm;
import dev.piecework.worker.store.StoreException.Reason;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/**
 * The checksums that go with requests, in the store's dialect, so that it refuses what arrives
 * otherwise than it was sent, and can tell later what it has.
 */
final class StoreChecksums {
  static final String TYPE_HEADER = "x-amz-checksum-type";
  private static final String ALGORITHM_HEADER = "x-amz-checksum-algorithm";
  private static final String MODE_HEADER = "x-amz-checksum-mode";
  private static final String FULL_OBJECT = "FULL_OBJECT";

  private final StoreDialect dialect;
  private final boolean signsBodies;

  /**
   * @param signsBodies whether the signature covers the body too, as it must without TLS
   */
  StoreChecksums(StoreDialect dialect, boolean signsBodies) {
    this.dialect = dialect;
    this.signsBodies = signsBodies;
  }

  /**
   * The sums that must be known before a body is sent.
   *
   * @throws StoreException {@link Reason#BODY_UNREADABLE} also when it is not what was verified
   */
  BodyDigest digest(ObjectBody body) throws StoreException {
    try {
      return BodyDigest.of(body, dialect.sums(), signsBodies);
    } catch (IOException e) {
      throw new StoreException(Reason.BODY_UNREADABLE, String.valueOf(e.getMessage()), e);
    }
  }

  /** Whether the MD5 of what was sent is compared with the ETag that comes back. */
  boolean comparesEtags() {
    return dialect.comparesEtags();
  }

  /** Of a part, or of an object that is written at once. */
  Map<String, String> ofBody(BodyDigest digest) {
    return digest.sum().isEmpty() ? Map.of() : Map.of(dialect.sums().header(), digest.sum());
  }

  /** What of a part's sums must be kept, beside its CRC32C, for the sum of the whole. */
  String kept(BodyDigest digest) {
    return dialect.sums().additional() && dialect.sums() != SumForm.CRC32C ? digest.sum() : "";
  }

  /** Of an upload that begins: which sum it will end with. */
  Map<String, String> ofUpload() {
    if (!dialect.sums().additional()) {
      return Map.of();
    }
    return dialect.whole()
        ? Map.of(ALGORITHM_HEADER, dialect.sums().name(), TYPE_HEADER, FULL_OBJECT)
        : Map.of(ALGORITHM_HEADER, dialect.sums().name());
  }

  /** Of an upload that ends: the sum of the object, made of those of its parts. */
  Map<String, String> ofWhole(List<SentPart> parts) {
    if (!dialect.sums().additional() || !dialect.whole()) {
      return Map.of();
    }
    Crc crc = dialect.sums().crc().orElseThrow();
    long whole = crc.start().getValue();
    for (SentPart part : parts) {
      if (dialect.sums() != SumForm.CRC32C && part.sum().isEmpty()) {
        // It was sent before this sum was asked for.
        return Map.of();
      }
      whole = crc.combine(whole, crc.parse(sum(part)), part.length());
    }
    return Map.of(dialect.sums().header(), crc.base64(whole), TYPE_HEADER, FULL_OBJECT);
  }

  /** Of a look at an object: that its sum is wanted. */
  Map<String, String> ofQuestion() {
    return dialect.asks() && dialect.sums().additional()
        ? Map.of(MODE_HEADER, "ENABLED")
        : Map.of();
  }

  /** The list of parts that ends an upload. */
  String listOf(List<SentPart> parts) {
    StringBuilder xml = new StringBuilder(64 + 160 * parts.size());
    xml.append("<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");
    for (SentPart part : parts) {
      xml.append("<Part><PartNumber>").append(part.number()).append("</PartNumber><ETag>");
      String quote = dialect.quotes() ? "&quot;" : "";
      xml.append(quote).append(escape(part.etag())).append(quote).append("</ETag>");
      String element = dialect.sums().element();
      String sum = dialect.partSums() && !element.isEmpty() ? sum(part) : "";
      if (!sum.isEmpty()) {
        xml.append('<').append(element).append('>').append(sum);
        xml.append("</").append(element).append('>');
      }
      xml.append("</Part>");
    }
    return xml.append("</CompleteMultipartUpload>").toString();
  }

  private String sum(SentPart part) {
    return dialect.sums() == SumForm.CRC32C ? Crc.CRC32C.base64(part.crc32c()) : part.sum();
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
