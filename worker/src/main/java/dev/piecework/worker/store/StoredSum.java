package dev.piecework.worker.store;

import dev.piecework.worker.dialect.StoreDialect;
import dev.piecework.worker.dialect.SumForm;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * The checksum that a store tells of an object.
 *
 * @param form which
 * @param value in Base64, without a number of parts behind it
 * @param composite whether it is that of the checksums of its parts
 */
public record StoredSum(SumForm form, String value, boolean composite) {
  private static final List<SumForm> TOLD =
      List.of(SumForm.CRC32C, SumForm.CRC64NVME, SumForm.CRC32);

  /** What the headers of an answer tell; that which the dialect uses first. */
  static Optional<StoredSum> of(Function<String, Optional<String>> header, StoreDialect dialect) {
    Optional<StoredSum> own =
        dialect.sums().additional() ? of(header, dialect, dialect.sums()) : Optional.empty();
    return own.or(
        () -> TOLD.stream().flatMap(form -> of(header, dialect, form).stream()).findFirst());
  }

  private static Optional<StoredSum> of(
      Function<String, Optional<String>> header, StoreDialect dialect, SumForm form) {
    boolean said = header.apply(StoreChecksums.TYPE_HEADER).filter("COMPOSITE"::equals).isPresent();
    return header
        .apply(form.header())
        .map(value -> {
          int mark = value.indexOf('-');
          boolean bare =
              form == dialect.sums() && dialect.told() == StoreDialect.Told.BARE_COMPOSITE;
          return new StoredSum(
              form, mark < 0 ? value : value.substring(0, mark), mark >= 0 || said || bare);
        });
  }
}
