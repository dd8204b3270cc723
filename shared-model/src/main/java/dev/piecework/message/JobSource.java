package dev.piecework.message;

import java.net.URI;
import java.util.Base64;

/** Where a job's metainfo comes from. */
public sealed interface JobSource {
  /**
   * The torrent file itself.
   *
   * @param base64 its bytes in Base64 (RFC 4648 section 4)
   */
  record Inline(String base64) implements JobSource {
    /** From the file's bytes. */
    public static Inline of(byte[] metainfo) {
      return new Inline(Base64.getEncoder().encodeToString(metainfo));
    }

    /**
     * The file's bytes.
     *
     * @throws IllegalArgumentException if it is not Base64
     */
    public byte[] bytes() {
      return Base64.getDecoder().decode(base64);
    }
  }

  /**
   * A torrent file on the web.
   *
   * @param url http or https
   */
  record Url(URI url) implements JobSource {}

  /**
   * A torrent file in the object store, named {@code s3://bucket/key}.
   *
   * @param bucket its bucket
   * @param key its key
   */
  record StoredFile(String bucket, String key) implements JobSource {}

  /**
   * A magnet link (BEP 9).
   *
   * @param uri {@code magnet:?xt=urn:btih:...}
   */
  record Magnet(String uri) implements JobSource {}
}
