package dev.piecework.message;

import java.net.URI;
import java.util.Arrays;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Where a job's metainfo comes from. */
public sealed interface JobSource {
  /** What may stand in {@link #summary}, at most. */
  int MAX_SUMMARY = 1000;

  /**
   * For people: {@code inline}, the server of a URL (user, path and query may hold a passkey),
   * {@code s3://bucket/key}, or a magnet link with nothing but its hash.
   *
   * @return at most {@link #MAX_SUMMARY} characters
   */
  default String summary() {
    String text =
        switch (this) {
          case Inline _ -> "inline";
          case Url(URI url) ->
              "%s://%s%s/..."
                  .formatted(
                      url.getScheme(),
                      Objects.requireNonNullElse(url.getHost(), "?"),
                      url.getPort() < 0 ? "" : ":" + url.getPort());
          case StoredFile(String bucket, String key) -> "s3://" + bucket + "/" + key;
          case Magnet(String uri) -> {
            Matcher hash = Magnet.HASH.matcher(uri);
            yield "magnet:" + (hash.find() ? "?" + hash.group() : "");
          }
        };
    return text.length() <= MAX_SUMMARY ? text : text.substring(0, MAX_SUMMARY);
  }

  /** The torrent file itself. */
  final class Inline implements JobSource {
    private final byte[] metainfo;

    private Inline(byte[] metainfo) {
      this.metainfo = metainfo;
    }

    /**
     * From the file's bytes.
     *
     * @param metainfo not copied, because it may be large: must not be changed
     */
    public static Inline of(byte[] metainfo) {
      return new Inline(metainfo);
    }

    /** The file's bytes; not a copy: must not be changed. */
    public byte[] bytes() {
      return metainfo;
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Inline that && Arrays.equals(metainfo, that.metainfo);
    }

    @Override
    public int hashCode() {
      return Arrays.hashCode(metainfo);
    }

    @Override
    public String toString() {
      return "Inline[" + metainfo.length + " bytes]";
    }
  }

  /**
   * A torrent file on the web.
   *
   * @param url http or https
   */
  record Url(URI url) implements JobSource {
    /** The server alone: whatever logs or prints a source shows no passkey. */
    @Override
    public String toString() {
      return "Url[" + summary() + "]";
    }
  }

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

    /** Without trackers and web seeds, whose URLs may hold a passkey. */
    @Override
    public String toString() {
      return "Magnet[" + summary() + "]";
    }
  }
}
