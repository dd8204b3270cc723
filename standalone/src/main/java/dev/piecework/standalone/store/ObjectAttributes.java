package dev.piecework.standalone.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserDefinedFileAttributeView;
import java.util.Map;
import java.util.Optional;

/**
 * What an object has beside its bytes, kept as extended attributes under the names that S3Proxy's
 * file store reads them by. Where a file system has none, objects are without ETag: sizes and
 * checksums still hold.
 */
final class ObjectAttributes {
  private static final String ETAG = "user.content-md5";
  private static final String CONTENT_TYPE = "user.content-type";
  private static final String METADATA = "user.user-metadata.";

  private ObjectAttributes() {}

  /**
   * @param eTag 16 bytes of MD5, or the ASCII form of a multipart upload's ETag
   */
  static void write(
      Path file, byte[] eTag, Optional<String> contentType, Map<String, String> metadata) {
    UserDefinedFileAttributeView view =
        Files.getFileAttributeView(file, UserDefinedFileAttributeView.class);
    if (view == null) {
      return;
    }
    try {
      view.write(ETAG, ByteBuffer.wrap(eTag));
      if (contentType.isPresent()) {
        view.write(CONTENT_TYPE, StandardCharsets.UTF_8.encode(contentType.get()));
      }
      for (Map.Entry<String, String> entry : metadata.entrySet()) {
        view.write(METADATA + entry.getKey(), StandardCharsets.UTF_8.encode(entry.getValue()));
      }
    } catch (IOException | UnsupportedOperationException e) {
      // No extended attributes on this file system.
    }
  }

  /** Gives a file what another one has. */
  static void copy(Path from, Path to) {
    UserDefinedFileAttributeView source =
        Files.getFileAttributeView(from, UserDefinedFileAttributeView.class);
    UserDefinedFileAttributeView target =
        Files.getFileAttributeView(to, UserDefinedFileAttributeView.class);
    if (source == null || target == null) {
      return;
    }
    try {
      for (String name : source.list()) {
        ByteBuffer value = ByteBuffer.allocate(source.size(name));
        source.read(name, value);
        target.write(name, value.flip());
      }
    } catch (IOException | UnsupportedOperationException e) {
      // No extended attributes on this file system.
    }
  }
}
