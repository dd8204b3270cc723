package dev.piecework.worker.transfer;

import dev.piecework.layout.Bundle;
import dev.piecework.layout.ObjectLayout;
import dev.piecework.layout.Part;
import dev.piecework.layout.PartIndex;
import dev.piecework.layout.StoredObject;
import dev.piecework.worker.transfer.Checkpoint.Upload;
import dev.piecework.worker.transfer.Checkpoint.UploadedPart;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The books of one transfer: which pieces are here, which parts may be sent, have been sent, and
 * are written down. Pure and not safe for threads: its owner holds a lock.
 *
 * <pre>
 *   part:    missing pieces -> ready -> (being sent) -> uploaded -> committed
 *   bundle:  open -> done, when its last part is committed
 *   piece:   verified when the engine says so or a check of scratch found it; dropped with its
 *            segment
 * </pre>
 */
final class TransferLedger {
  private final ObjectLayout layout;
  private final PartIndex parts;
  private final int[] bundleOfPart;

  private final BitSet uploaded;
  private final BitSet committed;
  private final BitSet doneBundles;
  private final BitSet verified = new BitSet();

  /** Pieces that need nothing more: verified now or ever, or under committed parts only. */
  private final BitSet settled = new BitSet();

  private final int[] missing;
  private final int[] uncommittedInBundle;
  private final Map<Integer, String> uploadIds = new HashMap<>();
  private final ArrayDeque<Integer> ready = new ArrayDeque<>();

  private List<Integer> newlyVoided = new ArrayList<>();
  private List<Upload> newUploads = new ArrayList<>();
  private List<UploadedPart> newParts = new ArrayList<>();

  private final long totalBytes;
  private long verifiedBytes;
  private long uploadedBytes;
  private int inFlight;

  /**
   * @param checkpoint what was written down before; its parts count as committed
   */
  TransferLedger(ObjectLayout layout, Checkpoint checkpoint) {
    this.layout = layout;
    this.parts = new PartIndex(layout);
    this.uploaded = new BitSet(parts.partCount());
    this.doneBundles = new BitSet(layout.bundles().size());
    this.bundleOfPart = new int[parts.partCount()];
    this.missing = new int[parts.partCount()];
    this.uncommittedInBundle = new int[layout.bundles().size()];
    this.totalBytes = layout.objects().stream().mapToLong(StoredObject::length).sum();
    for (Bundle bundle : layout.bundles()) {
      for (Part part : bundle.parts()) {
        bundleOfPart[parts.ordinal(part)] = bundle.index();
      }
    }
    for (UploadedPart part : checkpoint.parts()) {
      uploaded.set(ordinal(part.object(), part.number()));
    }
    this.committed = (BitSet) uploaded.clone();
    for (Upload upload : checkpoint.uploads()) {
      uploadIds.put(upload.object(), upload.uploadId());
    }
  }

  /** Counts every part as committed: for seeding. */
  void everythingDone() {
    uploaded.set(0, parts.partCount());
    committed.set(0, parts.partCount());
  }

  /** Counts an object as committed that was there before; before {@link #begin} only. */
  void keepObject(int object) {
    int from = ordinal(object, 1);
    int to = from + layout.objects().get(object).partCount();
    uploaded.set(from, to);
    committed.set(from, to);
  }

  /** Forgets an object that the store has lost; before {@link #begin} only. */
  void voidObject(int object) {
    int from = ordinal(object, 1);
    int to = from + layout.objects().get(object).partCount();
    uploaded.clear(from, to);
    committed.clear(from, to);
    uploadIds.remove(object);
    newlyVoided.add(object);
  }

  /**
   * Starts counting.
   *
   * @param intact pieces that scratch holds and that have been hashed
   */
  void begin(BitSet intact) {
    verified.or(intact);
    for (int number = 0; number < parts.partCount(); number++) {
      Part part = parts.part(number);
      if (!committed.get(number)) {
        uncommittedInBundle[bundleOfPart[number]]++;
      }
      if (uploaded.get(number)) {
        uploadedBytes += part.length();
        verifiedBytes += part.length();
        continue;
      }
      int last = layout.lastPiece(part);
      for (int piece = layout.firstPiece(part); piece <= last; piece++) {
        if (verified.get(piece)) {
          verifiedBytes += overlap(part, piece);
        } else {
          missing[number]++;
        }
      }
      if (missing[number] == 0) {
        ready.add(number);
      }
    }
    for (int bundle = 0; bundle < uncommittedInBundle.length; bundle++) {
      doneBundles.set(bundle, uncommittedInBundle[bundle] == 0);
    }
    settled.set(0, layout.metainfo().pieceCount());
    for (Bundle bundle : layout.bundles()) {
      if (!doneBundles.get(bundle.index())) {
        for (Part part : bundle.parts()) {
          if (!uploaded.get(ordinal(part.object(), part.number())) && part.length() > 0) {
            settled.clear(layout.firstPiece(part), layout.lastPiece(part) + 1);
          }
        }
      }
    }
    settled.or(verified);
  }

  /** A piece has come. Returns whether it made a part ready. */
  boolean pieceVerified(int piece) {
    if (verified.get(piece)) {
      return false;
    }
    verified.set(piece);
    settled.set(piece);
    int readyBefore = ready.size();
    for (Part part : parts.partsOver(piece)) {
      int number = parts.ordinal(part);
      if (!uploaded.get(number) && missing[number] > 0) {
        verifiedBytes += overlap(part, piece);
        if (--missing[number] == 0) {
          ready.add(number);
        }
      }
    }
    return ready.size() > readyBefore;
  }

  /** Takes a part to be sent; end it with {@link #partUploaded} or {@link #partGivenUp}. */
  OptionalInt takeReady() {
    Integer number = ready.poll();
    if (number == null) {
      return OptionalInt.empty();
    }
    inFlight++;
    return OptionalInt.of(number);
  }

  /** The part with a number. */
  Part part(int number) {
    return parts.part(number);
  }

  /** The upload id of an object, if it has one. */
  Optional<String> uploadId(int object) {
    return Optional.ofNullable(uploadIds.get(object));
  }

  /** A multipart upload has been begun. */
  void uploadBegun(int object, String uploadId) {
    uploadIds.put(object, uploadId);
    newUploads.add(new Upload(object, uploadId));
  }

  /** A part has been acknowledged by the store. */
  void partUploaded(UploadedPart part) {
    inFlight--;
    int number = ordinal(part.object(), part.number());
    uploaded.set(number);
    uploadedBytes += part.length();
    newParts.add(part);
  }

  /** A part that was taken will not be sent now. */
  void partGivenUp() {
    inFlight--;
  }

  /** Whether there is something to write down. */
  boolean hasNews() {
    return !newlyVoided.isEmpty() || !newUploads.isEmpty() || !newParts.isEmpty();
  }

  /** Whether a part has been uploaded, or lost, since the last batch. */
  boolean hasPartNews() {
    return !newlyVoided.isEmpty() || !newParts.isEmpty();
  }

  /** All news, once. */
  Transfer.Batch takeBatch() {
    Transfer.Batch batch =
        new Transfer.Batch(
            List.copyOf(newlyVoided),
            List.copyOf(newUploads),
            List.copyOf(newParts),
            (BitSet) verified.clone());
    newlyVoided = new ArrayList<>();
    newUploads = new ArrayList<>();
    newParts = new ArrayList<>();
    return batch;
  }

  /**
   * A batch is in SQL.
   *
   * @return bundles that became done by it
   */
  List<Integer> committed(Transfer.Batch batch) {
    List<Integer> done = new ArrayList<>();
    for (UploadedPart part : batch.parts()) {
      int number = ordinal(part.object(), part.number());
      if (!committed.get(number)) {
        committed.set(number);
        int bundle = bundleOfPart[number];
        if (--uncommittedInBundle[bundle] == 0) {
          doneBundles.set(bundle);
          done.add(bundle);
        }
      }
    }
    return done;
  }

  /** Pieces from {@code first} to {@code last}, inclusive, are in scratch no more. */
  void dropped(int first, int last) {
    verified.clear(first, last + 1);
  }

  /** Whether every part is committed. */
  boolean finished() {
    return committed.cardinality() == parts.partCount();
  }

  /** Whether nothing is here that could move without another piece from a peer. */
  boolean idle() {
    return ready.isEmpty() && inFlight == 0 && !hasNews() && uploaded.equals(committed);
  }

  /** Bundles that are done; a copy. */
  BitSet doneBundles() {
    return (BitSet) doneBundles.clone();
  }

  /** Whether a piece is in scratch. */
  boolean holds(int piece) {
    return verified.get(piece);
  }

  /** Pieces in scratch; a copy. */
  BitSet verified() {
    return (BitSet) verified.clone();
  }

  long totalBytes() {
    return totalBytes;
  }

  long verifiedBytes() {
    return verifiedBytes;
  }

  long uploadedBytes() {
    return uploadedBytes;
  }

  int uploadedParts() {
    return uploaded.cardinality();
  }

  int totalParts() {
    return parts.partCount();
  }

  int settledPieces() {
    return settled.cardinality();
  }

  private int ordinal(int object, int number) {
    return parts.ordinal(layout.part(object, number));
  }

  private long overlap(Part part, int piece) {
    long start = layout.metainfo().pieceOffset(piece);
    long end = start + layout.metainfo().pieceLength(piece);
    return Math.min(end, part.offset() + part.length()) - Math.max(start, part.offset());
  }
}
