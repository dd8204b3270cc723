package dev.piecework.worker.dialect;

import dev.piecework.layout.ObjectLayout;
import dev.piecework.layout.PartRule;
import dev.piecework.layout.StoredObject;
import java.util.Comparator;
import java.util.Optional;

/**
 * How a job's objects are uploaded: fixed while it has parts in the store.
 *
 * @param parts how objects are cut
 * @param dialect how the store is spoken to about them
 */
public record UploadTerms(PartRule parts, StoreDialect dialect) {
  /** As Amazon's store is spoken to, with parts of 8 MiB: what jobs of earlier versions did. */
  public static UploadTerms standard() {
    return new UploadTerms(PartRule.STANDARD, StoreDialect.assumed(SumForm.CRC32C));
  }

  /** Why a torrent cannot be uploaded so; empty if it can. */
  public Optional<String> refusal(ObjectLayout layout) {
    return dialect.multipart()
        ? Optional.empty()
        : layout.objects().stream()
            .filter(object -> !object.single())
            .max(Comparator.comparingLong(StoredObject::length))
            .map(object ->
                "cannot upload %s of %d bytes: the object store takes nothing in parts, and files larger than piecework.store.part-size are sent in parts: set it to %dMB or more"
                    .formatted(
                        object.key(), object.length(), (object.length() + (1 << 20) - 1) >> 20));
  }
}
