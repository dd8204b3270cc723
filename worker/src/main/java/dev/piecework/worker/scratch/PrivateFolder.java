package dev.piecework.worker.scratch;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.util.Set;

/**
 * Folders for what other users of a machine may neither read nor change. A folder that somebody
 * else made first, as anyone can in {@code /tmp}, is refused: its owner could read and replace
 * whatever is put there. Where a file system has no POSIX permissions, nothing is checked.
 */
public final class PrivateFolder {
  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rwx------");
  private static final int STICKY = 01000;
  private static final int MODE = 07777;
  private static final int ROOT = 0;

  private PrivateFolder() {}

  /**
   * Makes a folder that only this user can enter (mode 700), or makes one that is there already
   * such a folder. Parents are made as usual.
   *
   * @throws RefusedException if it is no folder, or belongs to another user; says so
   */
  public static void own(Path folder) throws IOException {
    if (create(folder) || !hasPermissions(folder)) {
      return;
    }
    PosixFileAttributes found = read(folder, LinkOption.NOFOLLOW_LINKS);
    if (!found.isDirectory()) {
      throw refused(folder, "it is a " + (found.isSymbolicLink() ? "symbolic link" : "file"));
    }
    // Before anything is written there, so that no content ever is where another can read it.
    requireOwner(folder, found.owner());
    if (!found.permissions().equals(OWNER_ONLY)) {
      Files.setPosixFilePermissions(folder, OWNER_ONLY);
    }
  }

  /**
   * Makes a folder as {@link #own} does; one that is there already stays as it is, and is refused
   * if anybody but this user and root owns it, or if everybody can replace its entries: it is the
   * one a user named, and may hold other things.
   *
   * @throws RefusedException says why
   */
  public static void trusted(Path folder) throws IOException {
    if (create(folder) || !hasPermissions(folder)) {
      return;
    }
    PosixFileAttributes link = read(folder, LinkOption.NOFOLLOW_LINKS);
    PosixFileAttributes found = link.isSymbolicLink() ? read(folder) : link;
    if (!found.isDirectory()) {
      throw refused(folder, "it is a file");
    }
    if (link.isSymbolicLink()) {
      requireOwnerOrRoot(folder, link.owner(), uid(folder, LinkOption.NOFOLLOW_LINKS));
    }
    requireOwnerOrRoot(folder, found.owner(), uid(folder));
    // A volume that belongs to root is often open to all that is in its container.
    boolean open =
        found.permissions().contains(PosixFilePermission.OTHERS_WRITE)
            && (mode(folder) & STICKY) == 0
            && uid(folder) != ROOT;
    if (open) {
      throw refused(folder, "every user can change it (mode %o)".formatted(mode(folder) & MODE));
    }
  }

  /** Whether it was made just now. */
  private static boolean create(Path folder) throws IOException {
    if (Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
      return false;
    }
    Path parent = folder.toAbsolutePath().getParent();
    if (parent != null) {
      Files.createDirectories(parent);
    }
    try {
      if (parent == null || !hasPermissions(parent)) {
        Files.createDirectory(folder);
      } else {
        Files.createDirectory(folder, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
      }
      return true;
    } catch (FileAlreadyExistsException e) {
      return false; // Somebody was faster, whose folder is looked at.
    }
  }

  private static void requireOwner(Path folder, UserPrincipal owner) throws IOException {
    UserPrincipal self = self(folder);
    if (!owner.equals(self)) {
      throw refused(
          folder,
          "it belongs to user %s, and this process is user %s"
              .formatted(owner.getName(), self.getName()));
    }
  }

  private static void requireOwnerOrRoot(Path folder, UserPrincipal owner, int uid)
      throws IOException {
    if (uid != ROOT) {
      requireOwner(folder, owner);
    }
  }

  /** The owner of what this process makes there; Java has no other word for it. */
  private static UserPrincipal self(Path folder) throws IOException {
    Path own = Files.createTempFile(folder, ".piecework-", ".owner");
    try {
      return Files.getOwner(own);
    } finally {
      Files.deleteIfExists(own);
    }
  }

  private static boolean hasPermissions(Path folder) throws IOException {
    return Files.getFileStore(folder).supportsFileAttributeView("posix");
  }

  private static PosixFileAttributes read(Path folder, LinkOption... options) throws IOException {
    return Files.readAttributes(folder, PosixFileAttributes.class, options);
  }

  private static int uid(Path folder, LinkOption... options) throws IOException {
    return (int) Files.getAttribute(folder, "unix:uid", options);
  }

  private static int mode(Path folder) throws IOException {
    return (int) Files.getAttribute(folder, "unix:mode");
  }

  private static RefusedException refused(Path folder, String why) {
    return new RefusedException(folder, why);
  }

  /** A folder in which others could read or change what is put there. */
  public static final class RefusedException extends FileSystemException {
    RefusedException(Path folder, String why) {
      super(folder.toString(), null, why);
    }
  }
}
