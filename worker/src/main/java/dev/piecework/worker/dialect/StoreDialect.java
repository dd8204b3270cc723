package dev.piecework.worker.dialect;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * How a bucket of a store is spoken to, and what its answers mean. Learnt by a small upload ({@code
 * DialectProbe}), or assumed.
 *
 * @param sums the checksum that goes with parts and objects
 * @param whole whether an upload is begun as one with a checksum of the whole object, which is then
 *     given at its end; otherwise its checksum, if any, is made of those of its parts
 * @param partSums whether the list of parts that completes an upload carries their checksums
 * @param told what the store tells of an object's checksum when it is looked up
 * @param asks whether the header that asks for the checksum may be sent
 * @param checks whether the store was seen to refuse a part whose checksum is wrong
 * @param md5Etags whether ETags of parts and of objects written at once are the MD5 of their bytes
 * @param quotes whether ETags come in quotes, and so go back in quotes
 * @param multipart whether objects can be uploaded in parts
 * @param deletes whether what was written could be deleted
 * @param conditional whether {@code If-None-Match} keeps an object from being replaced
 * @param maxParts highest part number that was accepted
 * @param learnt whether the store was asked; otherwise all this is assumed
 */
public record StoreDialect(
    SumForm sums,
    boolean whole,
    boolean partSums,
    Told told,
    boolean asks,
    boolean checks,
    boolean md5Etags,
    boolean quotes,
    boolean multipart,
    boolean deletes,
    boolean conditional,
    int maxParts,
    boolean learnt) {

  /** Most parts that S3 knows. */
  public static final int MAX_PARTS = 10_000;

  /** Parts below this are refused by S3, but for the last of an object: 5 MiB. */
  public static final long MIN_PART = 5L << 20;

  /** What a look at an object tells of its checksum. */
  public enum Told {
    /** Not known yet: what is told is recognised by its form. */
    UNKNOWN,
    /** Nothing. */
    NOTHING,
    /** That of the whole object. */
    WHOLE,
    /** That of its parts' checksums, with {@code -N} behind it. */
    COMPOSITE,
    /** That of its parts' checksums, without a mark. */
    BARE_COMPOSITE
  }

  /** Of a store that was not asked: as Amazon's speaks, with this checksum. */
  public static StoreDialect assumed(SumForm sums) {
    return new StoreDialect(
        sums,
        sums.additional(),
        sums.additional(),
        sums.additional() ? Told.UNKNOWN : Told.NOTHING,
        sums.additional(),
        false,
        false,
        true,
        true,
        true,
        false,
        MAX_PARTS,
        false);
  }

  /** The same with checksums of parts alone. */
  public StoreDialect composite() {
    return new StoreDialect(
        sums,
        false,
        partSums,
        told,
        asks,
        checks,
        md5Etags,
        quotes,
        multipart,
        deletes,
        conditional,
        maxParts,
        learnt);
  }

  /** The same, with or without checksums in the list of parts. */
  public StoreDialect withPartSums(boolean value) {
    return new StoreDialect(
        sums,
        whole,
        value,
        told,
        asks,
        checks,
        md5Etags,
        quotes,
        multipart,
        deletes,
        conditional,
        maxParts,
        learnt);
  }

  /** The same; this is what is told. */
  public StoreDialect withTold(Told value) {
    return new StoreDialect(
        sums,
        whole,
        partSums,
        value,
        asks,
        checks,
        md5Etags,
        quotes,
        multipart,
        deletes,
        conditional,
        maxParts,
        learnt);
  }

  /** The same without the header that asks for a checksum. */
  public StoreDialect withoutAsking() {
    return new StoreDialect(
        sums,
        whole,
        partSums,
        told,
        false,
        checks,
        md5Etags,
        quotes,
        multipart,
        deletes,
        conditional,
        maxParts,
        learnt);
  }

  /** The same; whether a wrong checksum was refused. */
  public StoreDialect withChecks(boolean value) {
    return new StoreDialect(
        sums,
        whole,
        partSums,
        told,
        asks,
        value,
        md5Etags,
        quotes,
        multipart,
        deletes,
        conditional,
        maxParts,
        learnt);
  }

  /** The same; how ETags come, and what they are. */
  public StoreDialect withEtags(boolean inQuotes, boolean areMd5) {
    return new StoreDialect(
        sums,
        whole,
        partSums,
        told,
        asks,
        checks,
        areMd5,
        inQuotes,
        multipart,
        deletes,
        conditional,
        maxParts,
        learnt);
  }

  /** The same where nothing is taken in parts. */
  public StoreDialect withoutMultipart() {
    return new StoreDialect(
        sums,
        whole,
        partSums,
        told,
        asks,
        checks,
        md5Etags,
        quotes,
        false,
        deletes,
        conditional,
        maxParts,
        learnt);
  }

  /** The same; whether what was written could be deleted. */
  public StoreDialect withDeletes(boolean value) {
    return new StoreDialect(
        sums,
        whole,
        partSums,
        told,
        asks,
        checks,
        md5Etags,
        quotes,
        multipart,
        value,
        conditional,
        maxParts,
        learnt);
  }

  /** The same; whether an object was kept from being replaced. */
  public StoreDialect withConditional(boolean value) {
    return new StoreDialect(
        sums, whole, partSums, told, asks, checks, md5Etags, quotes, multipart, deletes, value,
        maxParts, learnt);
  }

  /** The same; the highest part number that was taken. */
  public StoreDialect withMaxParts(int value) {
    return new StoreDialect(
        sums,
        whole,
        partSums,
        told,
        asks,
        checks,
        md5Etags,
        quotes,
        multipart,
        deletes,
        conditional,
        value,
        learnt);
  }

  /** The same, found out. */
  public StoreDialect asLearnt() {
    return new StoreDialect(
        sums,
        whole,
        partSums,
        told,
        asks,
        checks,
        md5Etags,
        quotes,
        multipart,
        deletes,
        conditional,
        maxParts,
        true);
  }

  /**
   * Whether the MD5 of what is sent is compared with the ETag that comes back: only where the store
   * neither checks nor keeps a checksum of ours.
   */
  public boolean comparesEtags() {
    return md5Etags
        && (sums == SumForm.NONE
            || sums == SumForm.MD5
            || (!checks && (told == Told.NOTHING || told == Told.UNKNOWN)));
  }

  /** Whether anything of what is kept can be proved beyond its size. */
  public boolean proves() {
    return told != Told.NOTHING || checks || md5Etags;
  }

  /** In one line, as it is kept in tables: {@code sums=crc32c whole=true ...}. */
  public String text() {
    return fields().entrySet().stream()
        .map(field -> field.getKey() + "=" + field.getValue())
        .collect(Collectors.joining(" "));
  }

  private Map<String, String> fields() {
    Map<String, String> fields = new LinkedHashMap<>();
    fields.put("sums", sums.wireName());
    fields.put("whole", String.valueOf(whole));
    fields.put("part-sums", String.valueOf(partSums));
    fields.put("told", told.name().toLowerCase(Locale.ROOT));
    fields.put("asks", String.valueOf(asks));
    fields.put("checks", String.valueOf(checks));
    fields.put("md5-etags", String.valueOf(md5Etags));
    fields.put("quotes", String.valueOf(quotes));
    fields.put("multipart", String.valueOf(multipart));
    fields.put("deletes", String.valueOf(deletes));
    fields.put("conditional", String.valueOf(conditional));
    fields.put("max-parts", String.valueOf(maxParts));
    return fields;
  }

  /**
   * The opposite of {@link #text}.
   *
   * @return empty for a text of another version
   */
  public static Optional<StoreDialect> parse(String text) {
    Map<String, String> fields =
        Arrays.stream(text.split(" ", -1))
            .map(field -> field.split("=", 2))
            .filter(field -> field.length == 2)
            .collect(Collectors.toMap(field -> field[0], field -> field[1], (first, _) -> first));
    if (!fields.keySet().equals(assumed(SumForm.NONE).fields().keySet())) {
      return Optional.empty();
    }
    Function<String, String> value = name -> String.valueOf(fields.get(name));
    Function<String, Boolean> flag = name -> Boolean.valueOf(value.apply(name));
    try {
      return Optional.of(
          new StoreDialect(
              SumForm.valueOf(value.apply("sums").toUpperCase(Locale.ROOT)),
              flag.apply("whole"),
              flag.apply("part-sums"),
              Told.valueOf(value.apply("told").toUpperCase(Locale.ROOT)),
              flag.apply("asks"),
              flag.apply("checks"),
              flag.apply("md5-etags"),
              flag.apply("quotes"),
              flag.apply("multipart"),
              flag.apply("deletes"),
              flag.apply("conditional"),
              Integer.parseInt(value.apply("max-parts")),
              true));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
