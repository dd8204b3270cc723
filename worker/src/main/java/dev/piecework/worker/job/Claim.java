package dev.piecework.worker.job;

import dev.piecework.message.JobMessage;
import dev.piecework.message.TraceParent;
import dev.piecework.worker.lease.Lease;
import java.time.Duration;
import java.util.Optional;

/**
 * A job that this worker has taken.
 *
 * @param lease the right to work on it
 * @param row as it stands now
 * @param message what is to be done
 * @param trace that it belongs to, if any
 * @param waited how long it was queued, by the database's clock
 */
public record Claim(
    Lease lease, JobRow row, JobMessage message, Optional<TraceParent> trace, Duration waited) {}
