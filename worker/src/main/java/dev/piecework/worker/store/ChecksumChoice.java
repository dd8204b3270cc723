package dev.piecework.worker.store;

import dev.piecework.worker.dialect.SumForm;
import java.util.Optional;

/** Which checksum goes with parts and objects, as the settings say. */
public enum ChecksumChoice {
  /** What the store takes. */
  AUTO(Optional.empty()),
  /** CRC-32C. */
  CRC32C(Optional.of(SumForm.CRC32C)),
  /** CRC-64/NVME. */
  CRC64NVME(Optional.of(SumForm.CRC64NVME)),
  /** CRC-32. */
  CRC32(Optional.of(SumForm.CRC32)),
  /** MD5, as {@code Content-MD5}. */
  MD5(Optional.of(SumForm.MD5)),
  /** None. */
  NONE(Optional.of(SumForm.NONE)),
  /** As {@link #AUTO}: what {@code true} is taken for, which earlier versions knew. */
  ON(Optional.empty()),
  /** As {@link #NONE}: what {@code false} is taken for, which earlier versions knew. */
  OFF(Optional.of(SumForm.NONE));

  private final Optional<SumForm> form;

  ChecksumChoice(Optional<SumForm> form) {
    this.form = form;
  }

  /** The one; empty if the store decides. */
  public Optional<SumForm> form() {
    return form;
  }
}
