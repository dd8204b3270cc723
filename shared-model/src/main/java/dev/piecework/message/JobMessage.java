package dev.piecework.message;

import dev.piecework.layout.KeyTemplateException;
import dev.piecework.layout.ObjectKeys;
import java.util.Optional;

/**
 * A job as it lies on the queue.
 *
 * @param version of the message form: {@link #VERSION}
 * @param id the job's identity: 1 to 100 of {@code A-Z a-z 0-9 _ -}; submitting it twice is one job
 * @param source where the metainfo comes from
 * @param destination where the objects go
 * @param options everything optional
 */
public record JobMessage(
    int version, String id, JobSource source, Destination destination, JobOptions options) {
  /** The version that this code writes. */
  public static final int VERSION = 1;

  /**
   * How the keys of its objects are made.
   *
   * @throws KeyTemplateException if its template is refused; never of a job that {@link JobRules}
   *     has let pass
   */
  public ObjectKeys keys() throws KeyTemplateException {
    Optional<String> template = destination.keyTemplate();
    return template.isEmpty()
        ? ObjectKeys.under(destination.prefix())
        : ObjectKeys.of(template.get(), destination.prefix(), id, options.labels());
  }
}
