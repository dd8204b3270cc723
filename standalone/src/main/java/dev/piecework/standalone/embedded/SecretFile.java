package dev.piecework.standalone.embedded;

import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/** Files that only their owner may read. */
public final class SecretFile {
  private SecretFile() {}

  /**
   * Writes a file that only its owner may read, from its first byte on (mode 600), replacing one
   * that is there.
   *
   * @return the file
   */
  public static Path write(Path file, String text) throws IOException {
    Files.deleteIfExists(file);
    FileAttribute<?>[] attributes =
        FileSystems.getDefault().supportedFileAttributeViews().contains("posix")
            ? new FileAttribute<?>[] {
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
            }
            : new FileAttribute<?>[0];
    try (var channel =
            Files.newByteChannel(
                file, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), attributes);
        var out = Channels.newOutputStream(channel)) {
      out.write(text.getBytes(StandardCharsets.UTF_8));
    }
    return file;
  }
}
