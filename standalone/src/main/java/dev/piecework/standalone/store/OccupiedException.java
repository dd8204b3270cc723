package dev.piecework.standalone.store;

import java.io.IOException;
import java.nio.file.Path;

/** Something is in an object's place that must stay as it is. */
public final class OccupiedException extends IOException {
  OccupiedException(Path place, String what) {
    super(place + " " + what);
  }
}
