package dev.piecework.acceptance;

import dev.piecework.message.EventData;
import dev.piecework.message.JobEvent;
import dev.piecework.testkit.ManagedProcess;
import java.time.Duration;

/**
 * A worker's process.
 *
 * @param host the name of its scratch folder
 * @param process it
 */
record FleetWorker(String host, ManagedProcess process) {
  private static final Duration START_LIMIT = Duration.ofMinutes(2);

  FleetWorker awaitUp() {
    process.awaitOutput(" is up", START_LIMIT);
    return this;
  }

  /** Whether a started event is this worker's. */
  boolean sent(JobEvent started) {
    String worker = ((EventData.Started) started.data()).worker();
    return process.stdout().contains("worker " + worker + " is up");
  }

  long peakMebibytes() {
    return process.peakResidentBytes() >> 20;
  }
}
