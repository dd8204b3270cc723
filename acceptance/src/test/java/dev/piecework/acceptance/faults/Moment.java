package dev.piecework.acceptance.faults;

import java.time.Duration;

/** When in its round a fault happens. */
sealed interface Moment {
  /** So long after the submission. */
  record After(Duration time) implements Moment {
    @Override
    public String toString() {
      return "at " + Fault.seconds(time);
    }
  }

  /**
   * When the seeder of a job has given so much of it, and in any case after a while: the job may
   * never get so far without the faults that follow.
   *
   * @param job number of the job in its round
   * @param percent of the torrent, 1 to 99
   */
  record Given(int job, int percent) implements Moment {
    @Override
    public String toString() {
      return "at " + percent + "% of job " + job;
    }
  }

  /** When a job has ended. */
  record Ended(int job) implements Moment {
    @Override
    public String toString() {
      return "after job " + job;
    }
  }
}
