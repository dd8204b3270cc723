package dev.piecework.worker.dialect;

import dev.piecework.worker.checksum.Crc;
import java.util.Locale;
import java.util.Optional;

/** A checksum that goes with parts and objects, as S3 names it. */
public enum SumForm {
  /** CRC-32C (RFC 3720): costs next to nothing, and is known before a part is read. */
  CRC32C("x-amz-checksum-crc32c", "ChecksumCRC32C"),
  /** CRC-64/NVME: of whole objects only. */
  CRC64NVME("x-amz-checksum-crc64nvme", "ChecksumCRC64NVME"),
  /** CRC-32 as of zlib. */
  CRC32("x-amz-checksum-crc32", "ChecksumCRC32"),
  /** MD5 in the header that all versions of S3 know (RFC 1864); nothing is kept of it. */
  MD5("Content-MD5", ""),
  /** None. */
  NONE("", "");

  private final String header;
  private final String element;

  SumForm(String header, String element) {
    this.header = header;
    this.element = element;
  }

  /** The header that carries it, with parts and with whole objects; empty for {@link #NONE}. */
  public String header() {
    return header;
  }

  /** Its element in the list of parts that completes an upload; empty where there is none. */
  public String element() {
    return element;
  }

  /** How it is made; empty for what is no CRC. */
  public Optional<Crc> crc() {
    return switch (this) {
      case CRC32C -> Optional.of(Crc.CRC32C);
      case CRC64NVME -> Optional.of(Crc.CRC64NVME);
      case CRC32 -> Optional.of(Crc.CRC32);
      case MD5, NONE -> Optional.empty();
    };
  }

  /** Whether it is one of S3's additional checksums, which a store can keep. */
  public boolean additional() {
    return !element.isEmpty();
  }

  /** As in settings, events and tables: {@code crc32c}. */
  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }
}
