package dev.piecework.worker.observe;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The room on the volume where scratch lies. Asked now and then: a volume over a network may hang.
 */
final class ScratchSpace {
  private final Path folder;
  private volatile double freeBytes = Double.NaN;
  private volatile double sizeBytes = Double.NaN;

  ScratchSpace(Path folder, MeterRegistry registry) {
    this.folder = folder;
    Gauge.builder("piecework.scratch.free", this, each -> each.freeBytes)
        .baseUnit("bytes")
        .description("Room on the volume of the scratch folder")
        .register(registry);
    new Budgets(registry).add("scratch_volume_bytes", () -> sizeBytes - freeBytes, () -> sizeBytes);
  }

  /** Asks; may block. */
  void ask() {
    try {
      FileStore volume = Files.getFileStore(folder);
      sizeBytes = (double) volume.getTotalSpace();
      freeBytes = (double) volume.getUsableSpace();
    } catch (IOException e) {
      freeBytes = Double.NaN;
      sizeBytes = Double.NaN;
    }
  }
}
