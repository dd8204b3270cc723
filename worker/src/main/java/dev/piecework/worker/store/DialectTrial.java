package dev.piecework.worker.store;

import dev.piecework.worker.dialect.StoreDialect;
import dev.piecework.worker.dialect.StoreDialect.Told;
import dev.piecework.worker.dialect.SumForm;
import dev.piecework.worker.store.StoreException.Reason;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Small uploads in one dialect, each cleared away whatever becomes of it. */
final class DialectTrial {
  /** Less than a part may have unless it is the last. */
  static final ProbeBody SMALL = new ProbeBody(1000);

  private final StoreLink link;
  private final ObjectSettings objects;
  private final DialectProbe.Attempt attempt;
  private final TrialRequests send;

  DialectTrial(StoreLink link, ObjectSettings objects, DialectProbe.Attempt attempt) {
    this.link = link;
    this.objects = objects;
    this.attempt = attempt;
    this.send = new TrialRequests(link, objects, attempt);
  }

  private StoreDialect dialect() {
    return link.dialect(attempt.bucket());
  }

  /**
   * Uploads an object of one small part.
   *
   * @return the dialect with what was seen
   */
  StoreDialect smallUpload() throws StoreException {
    String id = send.create(objects.headers(attempt.origin()));
    boolean completed = false;
    StoreDialect seen;
    try {
      TrialRequests.Sent sent = send.part(id, 1, SMALL, false);
      StoreDialect heard = dialect().withEtags(sent.quoted(), sent.isMd5());
      boolean listed = complete(id, List.of(sent.part()), heard);
      completed = true;
      seen = heard.withPartSums(listed);
      seen = told(seen, 1);
      if (!sent.isMd5()) {
        // Either its ETags are something else, or what arrives is.
        send.requireSame();
      }
    } finally {
      if (!completed) {
        send.abort(id);
      }
      send.delete();
    }
    return seen.withChecks(checks());
  }

  /** Returns whether the list of parts could carry checksums. */
  private boolean complete(String id, List<SentPart> parts, StoreDialect heard)
      throws StoreException {
    try {
      send.end(id, parts, heard);
      return heard.partSums();
    } catch (StoreException e) {
      if (!TrialRequests.isRefusal(e) || TrialRequests.otherSum(e) || !heard.partSums()) {
        throw e;
      }
      send.end(id, parts, heard.withPartSums(false));
      return false;
    }
  }

  /** What a look tells of the object that was made of parts, or written at once. */
  private StoreDialect told(StoreDialect heard, int parts) throws StoreException {
    StoreDialect asking = heard;
    Optional<StoredStat> stat;
    try {
      stat = look(asking);
    } catch (StoreException e) {
      if (!TrialRequests.isRefusal(e) || !asking.asks()) {
        throw e;
      }
      asking = heard.withoutAsking();
      stat = look(asking);
    }
    if (stat.isEmpty()) {
      throw new StoreException(
          Reason.REFUSED,
          "the object store does not have %s/%s, which it has just taken: check that piecework.store.endpoint is one store, not several behind one name"
              .formatted(attempt.bucket(), attempt.key()));
    }
    Optional<StoredSum> sum = stat.get().sum().filter(told -> told.form() == heard.sums());
    if (sum.isEmpty()) {
      return asking.withTold(Told.NOTHING);
    }
    String whole = new ProbeSums(heard.sums(), List.of(SMALL)).whole();
    String composite = new ProbeSums(heard.sums(), List.of(SMALL)).composite();
    boolean marked = sum.get().composite();
    String value = sum.get().value();
    if (!marked && value.equals(whole)) {
      return asking.withTold(Told.WHOLE);
    }
    if (parts > 0 && value.equals(composite)) {
      return asking.withTold(marked ? Told.COMPOSITE : Told.BARE_COMPOSITE);
    }
    throw new StoreException(
        Reason.KEEPS_OTHERS,
        "the object store does not keep what it is sent: it has %s %s of %s/%s, expected %s or %s: look for what changes bytes on the way or in the store"
            .formatted(heard.sums(), value, attempt.bucket(), attempt.key(), whole, composite));
  }

  private Optional<StoredStat> look(StoreDialect asking) throws StoreException {
    StoreLooks as = new StoreLooks(link.speaking(asking), new StoreListings(link));
    return as.stat(attempt.bucket(), attempt.key(), attempt.cancellation());
  }

  /** Whether a part with a wrong checksum is refused. */
  private boolean checks() throws StoreException {
    if (dialect().sums() == SumForm.NONE) {
      return false;
    }
    String id = send.create(objects.headers(attempt.origin()));
    try {
      send.part(id, 1, SMALL, true);
      return false;
    } catch (StoreException e) {
      if (!TrialRequests.isRefusal(e)) {
        throw e;
      }
      return true;
    } finally {
      send.abort(id);
    }
  }

  /** Highest part number that is taken, up to one. */
  int mostParts(int wanted) throws StoreException {
    String id = send.create(objects.headers(attempt.origin()));
    try {
      if (takes(id, wanted)) {
        return wanted;
      }
      // 1 is taken, wanted is not; ends: the distance is halved each time.
      int taken = 1;
      int refused = wanted;
      while (refused - taken > 1) {
        int middle = (taken + refused) / 2;
        if (takes(id, middle)) {
          taken = middle;
        } else {
          refused = middle;
        }
      }
      return taken;
    } finally {
      send.abort(id);
    }
  }

  private boolean takes(String id, int number) throws StoreException {
    try {
      send.part(id, number, SMALL, false);
      return true;
    } catch (StoreException e) {
      if (!TrialRequests.isRefusal(e)) {
        throw e;
      }
      return false;
    }
  }

  /** Uploads a part of full size and a small one. */
  void fullUpload(StoreDialect heard, long partSize) throws StoreException {
    String id = send.create(objects.headers(attempt.origin()));
    boolean completed = false;
    try {
      SentPart first = send.part(id, 1, new ProbeBody(partSize), false).part();
      SentPart second = send.part(id, 2, SMALL, false).part();
      complete(id, List.of(first, second), heard);
      completed = true;
      if (!send.there(partSize + SMALL.length())) {
        throw new StoreException(
            Reason.REFUSED,
            "the object store does not make one object of two parts: %s/%s is not there, or has another length: set piecework.store.part-size to the size of the largest file, so that nothing is sent in parts"
                .formatted(attempt.bucket(), attempt.key()));
      }
    } finally {
      if (!completed) {
        send.abort(id);
      }
      send.delete();
    }
  }

  /**
   * Writes a small object at once, as small files and manifests are.
   *
   * @param alone whether nothing is known from uploads in parts
   */
  StoreDialect wholeObject(StoreDialect heard, boolean alone) throws StoreException {
    Map<String, String> about = new HashMap<>(objects.headers(attempt.origin()));
    about.put("Content-Type", "application/octet-stream");
    StoreDialect seen = heard;
    boolean deleted;
    try {
      TrialRequests.Sent sent = send.put(about);
      if (alone) {
        seen = told(seen.withEtags(sent.quoted(), sent.isMd5()), 0);
      } else {
        seen = seen.withEtags(seen.quotes(), seen.md5Etags() && sent.isMd5());
      }
      about.put("If-None-Match", "*");
      seen = seen.withConditional(refusesSecond(about));
    } finally {
      deleted = send.delete();
    }
    return seen.withDeletes(deleted);
  }

  private boolean refusesSecond(Map<String, String> about) throws StoreException {
    try {
      send.put(about);
      return false;
    } catch (StoreException e) {
      if (!TrialRequests.isRefusal(e) && e.reason() != Reason.UNAVAILABLE) {
        throw e;
      }
      return e.code().equals("PreconditionFailed");
    }
  }

  /** Whether an upload can be begun without the headers of one setting; empty for with all. */
  boolean takesUploadWithout(String setting) throws StoreException {
    Map<String, Map<String, String>> about =
        new TreeMap<>(objects.headersBySetting(attempt.origin()));
    about.remove(setting);
    Map<String, String> headers = new HashMap<>();
    about.values().forEach(headers::putAll);
    try {
      send.abort(send.create(headers));
      return true;
    } catch (StoreException e) {
      if (!TrialRequests.isRefusal(e)) {
        throw e;
      }
      return false;
    }
  }
}
