package dev.piecework.worker.store;

import dev.piecework.worker.dialect.StoreDialect;
import dev.piecework.worker.dialect.StoreDialect.Told;
import dev.piecework.worker.dialect.SumForm;
import dev.piecework.worker.store.StoreException.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out how a bucket is spoken to, by uploads of its own that are cleared away again: which
 * checksum it takes and tells, what its ETags are, how many parts an object may have and how small
 * they may be, and whether it takes what the settings ask for. About twenty requests, of which one
 * sends a part of full size.
 *
 * <p>Forms are tried in order, the dearest first; each by an upload of one small part, from which
 * all of them can be told apart: a store that has a checksum of parts where one of the whole was
 * asked for answers another value even for a single part.
 */
final class DialectProbe {
  private static final Logger log = LoggerFactory.getLogger(DialectProbe.class);

  private final StoreLink link;
  private final ObjectSettings objects;
  private final StoreSettings settings;

  DialectProbe(StoreLink link, ObjectSettings objects, StoreSettings settings) {
    this.link = link;
    this.objects = objects;
    this.settings = settings;
  }

  /**
   * What is tried, and as what.
   *
   * @param key of the objects that are written and deleted; nobody else's
   * @param origin what they say they come from
   * @param beforeEachUpload run before each request that begins one
   */
  record Attempt(
      String bucket,
      String key,
      ObjectOrigin origin,
      Cancellation cancellation,
      Runnable beforeEachUpload) {}

  /**
   * Finds out.
   *
   * @throws StoreException {@link Reason#REFUSED} if the bucket does not take what the settings ask
   *     for, naming the setting; another if it cannot be asked
   */
  StoreDialect learn(Attempt attempt) throws StoreException {
    boolean open = settings.checksums().form().isEmpty();
    List<StoreDialect> candidates = candidates();
    Optional<StoreException> last = Optional.empty();
    Optional<StoreDialect> unproved = Optional.empty();
    boolean again = false;
    while (!candidates.isEmpty()) {
      StoreDialect candidate = candidates.removeFirst();
      try {
        StoreDialect found =
            new DialectTrial(link.speaking(candidate), objects, attempt).smallUpload();
        if (!open || proves(found)) {
          return complete(attempt, found);
        }
        // What took these headers and made nothing of them would do so with the other CRCs.
        candidates.removeIf(each -> each.sums().additional());
        unproved = Optional.of(found);
      } catch (StoreException refused) {
        if (refused.reason() == Reason.NO_SUCH_UPLOAD && !again) {
          // It was given up by the store in between, as after a conflict.
          again = true;
          candidates.addFirst(candidate);
          continue;
        }
        if (!TrialRequests.isRefusal(refused)) {
          throw refused;
        }
        last = Optional.of(refused);
        log.debug("bucket {} does not take {}", attempt.bucket(), candidate.text(), refused);
      }
    }
    return unproved.isPresent()
        ? complete(attempt, unproved.get())
        : withoutUploads(attempt, last.orElseThrow());
  }

  /** Begins an upload and gives it up: whether the key may write at all. */
  void requireWritable(Attempt attempt) throws StoreException {
    new DialectTrial(link, objects, attempt).takesUploadWithout("");
  }

  /** A checksum that is neither checked nor kept proves nothing. */
  private static boolean proves(StoreDialect dialect) {
    boolean kept = dialect.sums().additional() && dialect.told() != Told.NOTHING;
    return kept || dialect.checks() || (dialect.sums() == SumForm.NONE && dialect.md5Etags());
  }

  private List<StoreDialect> candidates() {
    List<StoreDialect> candidates = new ArrayList<>();
    List<SumForm> forms =
        settings
            .checksums()
            .form()
            .map(List::of)
            .orElse(
                List.of(
                    SumForm.CRC32C, SumForm.CRC64NVME, SumForm.CRC32, SumForm.NONE, SumForm.MD5));
    for (SumForm form : forms) {
      StoreDialect whole = StoreDialect.assumed(form);
      candidates.add(whole);
      // Of the whole object only (S3).
      if (form.additional() && form != SumForm.CRC64NVME) {
        candidates.add(whole.composite());
      }
    }
    return candidates;
  }

  /** The rest, once the form is known. */
  private StoreDialect complete(Attempt attempt, StoreDialect found) throws StoreException {
    DialectTrial trial = new DialectTrial(link.speaking(found), objects, attempt);
    StoreDialect dialect = trial.wholeObject(found, false);
    dialect = dialect.withMaxParts(trial.mostParts(settings.maxParts()));
    trial = new DialectTrial(link.speaking(dialect), objects, attempt);
    trial.fullUpload(dialect, settings.partRule(dialect.maxParts()).partSize());
    if (!dialect.deletes()) {
      log.warn(
          "the object store lets nothing be deleted from bucket {}: {} is left there, and cancelled"
              + " jobs leave what they have uploaded",
          attempt.bucket(),
          attempt.key());
    }
    if (!dialect.proves()) {
      log.warn(
          "the object store tells of objects in bucket {} nothing but their size: what it keeps"
              + " cannot be proved",
          attempt.bucket());
    }
    return dialect.asLearnt();
  }

  /** Every form of upload was refused: because of something else, or because it takes none. */
  private StoreDialect withoutUploads(Attempt attempt, StoreException why) throws StoreException {
    DialectTrial without = new DialectTrial(plain(), objects, attempt);
    if (without.takesUploadWithout("")) {
      if (settings.checksums().form().isEmpty()) {
        throw why;
      }
      throw new StoreException(
          Reason.REFUSED,
          "%s: the bucket does not take what piecework.store.checksums asks for: set it to auto"
              .formatted(why.getMessage()),
          why);
    }
    for (String setting : objects.headersBySetting(attempt.origin()).keySet()) {
      if (without.takesUploadWithout(setting)) {
        throw new StoreException(
            Reason.REFUSED,
            "%s: the bucket does not take what piecework.objects.%s asks for: %s"
                .formatted(
                    why.getMessage(),
                    setting,
                    setting.equals("metadata")
                        ? "set it to false"
                        : "take the setting away, or set it to something that the store knows"),
            why);
      }
    }
    for (StoreDialect candidate : candidates()) {
      try {
        StoreDialect alone =
            new DialectTrial(link.speaking(candidate), objects, attempt)
                .wholeObject(candidate, true);
        log.info(
            "the object store takes nothing in parts in bucket {}: {}",
            attempt.bucket(),
            why.getMessage());
        return alone.withoutMultipart().asLearnt();
      } catch (StoreException refused) {
        if (!TrialRequests.isRefusal(refused)) {
          throw refused;
        }
      }
    }
    throw why;
  }

  private StoreLink plain() {
    return link.speaking(StoreDialect.assumed(SumForm.NONE));
  }
}
