package dev.piecework.message;

import java.util.Optional;

/**
 * Where the objects of a job go.
 *
 * @param bucket an existing bucket
 * @param prefix put in front of every key as it stands; may be empty
 * @param keyTemplate how keys are made, as {@link dev.piecework.layout.ObjectKeys} says; absent:
 *     the prefix and the file's path
 */
public record Destination(String bucket, String prefix, Optional<String> keyTemplate) {
  /** With keys of prefix and path. */
  public Destination(String bucket, String prefix) {
    this(bucket, prefix, Optional.empty());
  }
}
