package dev.piecework.worker.lease;

/**
 * The right to work on a job until somebody else claims it. Whatever a holder writes is checked
 * against all three.
 *
 * @param jobId the job
 * @param epoch the number of this claim; every claim raises it
 * @param owner the worker
 */
public record Lease(String jobId, long epoch, String owner) {}
