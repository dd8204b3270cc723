package dev.piecework.worker.transfer;

import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What a job has that a crash cannot take away: all that another worker needs to carry on.
 *
 * @param uploads multipart uploads that were begun
 * @param parts parts that the store has acknowledged (a single-part object's PUT included)
 * @param scratchId the scratch folder (worker's host) that {@code pieces} speaks of; empty when
 *     there is none yet
 * @param pieces pieces that were verified and written to that scratch; hashed again before use
 */
public record Checkpoint(
    List<Upload> uploads, List<UploadedPart> parts, String scratchId, BitSet pieces) {

  /** The checkpoint of a job that has not begun. */
  public static Checkpoint empty() {
    return new Checkpoint(List.of(), List.of(), "", new BitSet());
  }

  /** The parts of each object that has any, by its index in the layout. */
  public Map<Integer, List<UploadedPart>> partsByObject() {
    return parts.stream().collect(Collectors.groupingBy(UploadedPart::object));
  }

  /**
   * A multipart upload of one object.
   *
   * @param object index in the layout
   * @param uploadId the store's id
   */
  public record Upload(int object, String uploadId) {}

  /**
   * A part that the store has.
   *
   * @param object index in the layout
   * @param number from 1
   * @param length bytes
   * @param etag as the store gave it, without quotes
   * @param crc32c CRC32C of the bytes
   */
  public record UploadedPart(int object, int number, long length, String etag, int crc32c) {}
}
