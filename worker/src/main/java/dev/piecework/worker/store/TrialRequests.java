package dev.piecework.worker.store;

import dev.piecework.worker.dialect.StoreDialect;
import dev.piecework.worker.s3.S3Answer;
import dev.piecework.worker.s3.S3Request;
import dev.piecework.worker.store.StoreException.Reason;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The requests of a {@link DialectTrial}: to them a refusal is an answer. */
final class TrialRequests {
  private static final Logger log = LoggerFactory.getLogger(TrialRequests.class);

  /** Codes of a checksum that is not the one that the store has made. */
  private static final Set<String> OTHER_SUM =
      Set.of("BadDigest", "InvalidDigest", "XAmzContentChecksumMismatch", "InvalidChecksum");

  private final StoreLink link;
  private final ObjectSettings objects;
  private final DialectProbe.Attempt attempt;
  private final StoreLooks looks;
  private final StoreWrites writes;

  TrialRequests(StoreLink link, ObjectSettings objects, DialectProbe.Attempt attempt) {
    this.link = link;
    this.objects = objects;
    this.attempt = attempt;
    this.looks = new StoreLooks(link, new StoreListings(link));
    this.writes = writes(link.dialect(attempt.bucket()));
  }

  /** Whether a store has said no to what it was asked in this way; not that it is away or shut. */
  static boolean isRefusal(StoreException e) {
    return switch (e.reason()) {
      case REFUSED, CHECKSUM_REFUSED, PARTS_DIFFER -> true;
      case UNAVAILABLE -> OTHER_SUM.contains(e.code());
      default -> false;
    };
  }

  /** Whether a checksum was not the one that the store has made. */
  static boolean otherSum(StoreException e) {
    return OTHER_SUM.contains(e.code());
  }

  /** Ends an upload. */
  void end(String id, List<SentPart> parts, StoreDialect heard) throws StoreException {
    StoreWrites spoken = writes(heard);
    S3Request request = spoken.complete(attempt.bucket(), attempt.key(), id, parts);
    long length = parts.stream().mapToLong(SentPart::length).sum();
    try {
      ask(
          "complete an upload of",
          () -> link.sendPatiently(request, StoreWrites::completed),
          () -> there(length) ? Optional.of("") : Optional.empty());
    } catch (StoreException e) {
      // A completion whose answer was lost is gone the second time.
      if (e.reason() != Reason.NO_SUCH_UPLOAD || !there(length)) {
        throw e;
      }
    }
  }

  /** Reads the small object back. */
  void requireSame() throws StoreException {
    S3Request request = S3Request.of("GET", attempt.bucket(), attempt.key(), Map.of());
    byte[] kept = ask("read", () -> link.send(request, S3Answer::body));
    boolean same = kept.length == DialectTrial.SMALL.length();
    for (byte each : kept) {
      same &= each == ProbeBody.VALUE;
    }
    if (!same) {
      throw new StoreException(
          Reason.KEEPS_OTHERS,
          "the object store does not keep what it is sent: %s/%s has other bytes: look for what changes them on the way or in the store"
              .formatted(attempt.bucket(), attempt.key()));
    }
  }

  /** Whether the object is there in this length. */
  boolean there(long length) throws StoreException {
    return looks
        .stat(attempt.bucket(), attempt.key(), attempt.cancellation())
        .filter(stat -> stat.size() == length)
        .isPresent();
  }

  private StoreWrites writes(StoreDialect heard) {
    return new StoreWrites(link.speaking(heard), objects, looks, new StoreListings(link));
  }

  /** A part, and what its ETag is. */
  record Sent(SentPart part, boolean quoted, boolean isMd5) {}

  /** Begins an upload. */
  String create(Map<String, String> about) throws StoreException {
    S3Request request = writes.create(attempt.bucket(), attempt.key(), about);
    return ask(
        "begin an upload of",
        () -> {
          attempt.beforeEachUpload().run();
          return link.send(request, StoreWrites::uploadId);
        });
  }

  /**
   * Sends a part.
   *
   * @param wrong whether its checksum is to be that of something else
   */
  Sent part(String id, int number, ProbeBody body, boolean wrong) throws StoreException {
    S3Request request =
        S3Request.of(
            "PUT",
            attempt.bucket(),
            attempt.key(),
            Map.of("partNumber", String.valueOf(number), "uploadId", id));
    Sent sent = send("upload part " + number + " of", request, Map.of(), body, number, wrong);
    if (!sent.part().etag().isEmpty()) {
      return sent;
    }
    Optional<ListedPart> listed =
        new StoreListings(link)
            .part(attempt.bucket(), attempt.key(), id, number, attempt.cancellation());
    SentPart part = sent.part();
    return new Sent(
        new SentPart(
            number,
            part.length(),
            listed.map(ListedPart::etag).orElse(""),
            part.crc32c(),
            part.sum()),
        true,
        false);
  }

  /** Writes a small object at once. */
  Sent put(Map<String, String> about) throws StoreException {
    S3Request request = S3Request.of("PUT", attempt.bucket(), attempt.key(), Map.of());
    return send("write", request, about, DialectTrial.SMALL, 1, false);
  }

  private Sent send(
      String action,
      S3Request request,
      Map<String, String> about,
      ProbeBody body,
      int number,
      boolean wrong)
      throws StoreException {
    StoreChecksums checksums = link.checksums(attempt.bucket());
    BodyDigest digest = checksums.digest(body);
    Map<String, String> headers = new HashMap<>(about);
    headers.putAll(
        checksums.ofBody(wrong ? checksums.digest(new ProbeBody(body.length() + 1)) : digest));
    S3Answer answer =
        ask(
            action,
            () ->
                link.send(
                    request
                        .withHeaders(headers)
                        .withBody(
                            new StreamedBody(body, digest.crc32c(), false, attempt.cancellation()),
                            digest.sha256().orElse(S3Request.UNSIGNED)),
                    given -> given));
    String etag = answer.header("ETag").orElse("");
    SentPart part =
        new SentPart(
            number,
            body.length(),
            StoreWrites.plain(etag),
            digest.crc32c(),
            checksums.kept(digest));
    return new Sent(
        part,
        etag.isEmpty() || etag.startsWith("\""),
        StoreWrites.plain(etag).equalsIgnoreCase(md5(body)));
  }

  private static String md5(ProbeBody body) {
    MessageDigest md5 = BodyDigest.md5();
    byte[] step = new byte[64 << 10];
    try (InputStream in = body.open()) {
      for (int read = in.read(step); read >= 0; read = in.read(step)) {
        md5.update(step, 0, read);
      }
    } catch (IOException e) {
      throw new IllegalStateException("bytes in memory cannot be read", e);
    }
    return HexFormat.of().formatHex(md5.digest());
  }

  private <T> T ask(String action, Supplier<CompletableFuture<T>> request) throws StoreException {
    return ask(action, request, Optional::empty);
  }

  private <T> T ask(
      String action, Supplier<CompletableFuture<T>> request, StoreRequests.Look<T> look)
      throws StoreException {
    return link.requests()
        .ask(
            action,
            attempt.bucket(),
            attempt.key(),
            attempt.cancellation(),
            request,
            look,
            TrialRequests::isRefusal);
  }

  /** Gives up an upload, if it can. */
  void abort(String id) {
    try {
      writes.abortUpload(attempt.bucket(), attempt.key(), id, attempt.cancellation());
    } catch (StoreException e) {
      log.debug("an upload of {} stays for now", attempt.key(), e);
    }
  }

  /** Deletes the object; returns whether that was possible. */
  boolean delete() {
    S3Request request = S3Request.of("DELETE", attempt.bucket(), attempt.key(), Map.of());
    try {
      ask("delete", () -> link.send(request, given -> given));
      return true;
    } catch (StoreException e) {
      log.debug("{} stays", attempt.key(), e);
      return e.reason() == Reason.NO_SUCH_KEY;
    }
  }
}
