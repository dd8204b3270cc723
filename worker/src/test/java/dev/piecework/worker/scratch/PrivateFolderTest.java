package dev.piecework.worker.scratch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.piecework.testkit.Needs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.util.unit.DataSize;

/** Folders beside other users of the machine. */
final class PrivateFolderTest {
  private static final int NOBODY = 65_534;

  @TempDir private Path temporary;
  private Path folder;

  @BeforeEach
  void name() {
    folder = temporary.resolve("scratch");
  }

  @Test
  void scratchIsMadeForItsUserAlone() throws Exception {
    try (ScratchFolder scratch = open()) {
      assertThat(scratch.id()).isNotEmpty();
      assertThat(mode(folder)).isEqualTo("rwx------");
      assertThat(mode(folder.resolve("jobs"))).isEqualTo("rwx------");
    }
  }

  @Test
  void scratchOfAnEarlierVersionIsClosedToOthers() throws Exception {
    make("rwxr-xr-x", folder, folder.resolve("jobs"));
    try (ScratchFolder scratch = open()) {
      assertThat(scratch.id()).isNotEmpty();
      assertThat(mode(folder)).as("named by the user, and left alone").isEqualTo("rwxr-xr-x");
      assertThat(mode(folder.resolve("jobs"))).isEqualTo("rwx------");
    }
  }

  @Test
  void scratchThatAnotherUserMadeIsRefused() throws Exception {
    Needs.root();
    make("rwxrwxrwx", folder);
    give(folder);
    refused("belongs to user nobody");
  }

  @Test
  void jobsThatAnotherUserMadeAreRefused() throws Exception {
    Needs.root();
    make("rwxr-xr-x", folder, folder.resolve("jobs"));
    give(folder.resolve("jobs"));
    refused("belongs to user nobody");
  }

  @Test
  void aLinkOfAnotherUserIsRefused() throws Exception {
    Needs.root();
    make("rwx------", temporary.resolve("elsewhere"));
    Files.createSymbolicLink(folder, temporary.resolve("elsewhere"));
    give(folder);
    refused("belongs to user nobody");
  }

  @Test
  void aLinkInPlaceOfTheJobsIsRefused() throws Exception {
    make("rwx------", folder, temporary.resolve("elsewhere"));
    Files.createSymbolicLink(folder.resolve("jobs"), temporary.resolve("elsewhere"));
    refused("symbolic link");
  }

  @Test
  void anOwnLinkToALargerDiskIsFollowed() throws Exception {
    make("rwx------", temporary.resolve("elsewhere"));
    Files.createSymbolicLink(folder, temporary.resolve("elsewhere"));
    try (ScratchFolder scratch = open()) {
      assertThat(scratch.id()).isNotEmpty();
      assertThat(temporary.resolve("elsewhere/jobs")).isDirectory();
    }
  }

  @Test
  void aFolderThatEveryUserCanChangeIsRefused() throws Exception {
    make("rwxrwxrwx", folder);
    if (Files.getAttribute(folder, "unix:uid").equals(0)) {
      // Root's own are taken as they are: so are volumes of containers.
      try (ScratchFolder scratch = open()) {
        assertThat(mode(folder.resolve("jobs"))).isEqualTo("rwx------");
        assertThat(scratch.id()).isNotEmpty();
      }
    } else {
      refused("every user can change it");
    }
  }

  @Test
  void aFileIsRefused() throws Exception {
    Files.writeString(folder, "");
    refused("it is a file");
  }

  private void refused(String why) {
    assertThatThrownBy(this::open)
        .isInstanceOf(ScratchException.class)
        .hasMessageContainingAll("cannot use scratch folder", why, "piecework.scratch.directory");
  }

  private ScratchFolder open() throws ScratchException {
    return ScratchFolder.open(
        new ScratchSettings(
            folder.toString(),
            DataSize.ofBytes(0),
            DataSize.ofMegabytes(1),
            Duration.ofDays(1),
            Duration.ZERO,
            1),
        Clock.systemUTC());
  }

  private static void make(String permissions, Path... folders) throws IOException {
    for (Path each : folders) {
      Files.createDirectory(each);
      Files.setPosixFilePermissions(each, PosixFilePermissions.fromString(permissions));
    }
  }

  private static void give(Path path) throws IOException {
    Files.setAttribute(path, "unix:uid", NOBODY, LinkOption.NOFOLLOW_LINKS);
  }

  private static String mode(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }
}
