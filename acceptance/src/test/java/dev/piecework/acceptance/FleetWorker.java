package dev.piecework.acceptance;

import dev.piecework.message.EventData;
import dev.piecework.message.JobEvent;
import dev.piecework.testkit.ManagedProcess;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A worker's process.
 *
 * @param host the name of its scratch folder
 * @param process it
 */
record FleetWorker(String host, ManagedProcess process) {
  private static final Duration START_LIMIT = Duration.ofMinutes(2);
  private static final Pattern UP = Pattern.compile("worker (\\S+) is up");

  FleetWorker awaitUp() {
    process.awaitOutput(" is up", START_LIMIT);
    return this;
  }

  /** Its identity, when it is up. */
  String id() {
    Matcher said = UP.matcher(process.stdout());
    if (!said.find()) {
      throw new AssertionError("not up: " + process.describe());
    }
    return said.group(1);
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
