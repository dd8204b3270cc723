package dev.piecework.standalone.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** How a whole object gets to its place, and what happens to a file that is there. */
public interface Placement {
  /** As S3 does: the last one written is the object. */
  Placement REPLACING =
      new Placement() {
        @Override
        public void expect(Path target) {}

        @Override
        public void change(Path target) {}

        @Override
        public void put(Path whole, Path target) throws IOException {
          Files.move(
              whole, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        }
      };

  /**
   * Before an object is sent.
   *
   * @throws OccupiedException if it is known already that it could not be put there
   */
  void expect(Path target) throws IOException;

  /**
   * Before an object is deleted or written over.
   *
   * @throws OccupiedException if what is there must stay
   */
  void change(Path target) throws IOException;

  /**
   * Moves a whole object to its place, at once: no reader sees a part of it.
   *
   * @param whole its file, on the same file system
   * @param target its place, in a folder that exists
   * @throws OccupiedException if what is there must stay
   */
  void put(Path whole, Path target) throws IOException;
}
