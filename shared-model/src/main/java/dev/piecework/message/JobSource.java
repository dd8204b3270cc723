package dev.piecework.message;

import java.net.URI;
import java.util.Base64;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Where a job's metainfo comes from. */
public sealed interface JobSource {
  /** What may stand in {@link #summary}, at most. */
  int MAX_SUMMARY = 1000;

  /**
   * For people: {@code inline}, a URL without its query, which may hold a passkey, {@code
   * s3://bucket/key}, or a magnet link with nothing but its hash.
   *
   * @return at most {@link #MAX_SUMMARY} characters
   */
  default String summary() {
    String text =
        switch (this) {
          case Inline _ -> "inline";
          case Url(URI url) ->
              url.getScheme()
                  + "://"
                  + url.getRawAuthority()
                  + Objects.toString(url.getRawPath(), "");
          case StoredFile(String bucket, String key) -> "s3://" + bucket + "/" + key;
          case Magnet(String uri) -> {
            Matcher hash = Magnet.HASH.matcher(uri);
            yield "magnet:" + (hash.find() ? "?" + hash.group() : "");
          }
        };
    return text.length() <= MAX_SUMMARY ? text : text.substring(0, MAX_SUMMARY);
  }

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
  record Magnet(String uri) implements JobSource {
    private static final Pattern HASH =
        Pattern.compile("xt=urn:bt[im]h:[^&]+", Pattern.CASE_INSENSITIVE);
  }
}
