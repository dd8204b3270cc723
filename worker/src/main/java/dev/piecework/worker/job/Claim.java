package dev.piecework.worker.job;

import dev.piecework.message.JobMessage;
import dev.piecework.worker.lease.Lease;

/**
 * A job that this worker has taken.
 *
 * @param lease the right to work on it
 * @param row as it stands now
 * @param message what is to be done
 */
public record Claim(Lease lease, JobRow row, JobMessage message) {}
