package dev.piecework.standalone.run;

import dev.piecework.message.Destination;
import dev.piecework.message.JobId;
import dev.piecework.message.JobMessage;
import dev.piecework.message.JobOptions;

/**
 * One source with the job made of it.
 *
 * @param source what was given
 * @param firstId the job's id when it was done for the first time
 * @param message what is put on the queue
 * @param again whether it is done once more, because what was made does not stand any more
 */
record RunJob(RunSource source, String firstId, JobMessage message, boolean again) {
  /** Every object's key is the file's path, so that it lies at that path in the folder. */
  private static final Destination DESTINATION = new Destination(RunFolder.BUCKET, "");

  static RunJob first(RunSource source, JobOptions options) {
    String id = JobId.of(source.source(), DESTINATION, options);
    return new RunJob(source, id, message(id, source, options), false);
  }

  /** The same content once more: a job of its own, since the first has ended for good. */
  RunJob afresh(int time) {
    return new RunJob(
        source, firstId, message(firstId + "-" + time, source, message.options()), true);
  }

  String id() {
    return message.id();
  }

  private static JobMessage message(String id, RunSource source, JobOptions options) {
    return new JobMessage(JobMessage.VERSION, id, source.source(), DESTINATION, options);
  }
}
