package dev.piecework.worker.transfer;

import dev.piecework.layout.ObjectLayout;
import dev.piecework.message.JobOptions;

/**
 * What to move.
 *
 * @param jobId the job; names its scratch folder
 * @param layout the torrent and where its bytes go
 * @param bucket the destination bucket
 * @param options the job's options
 * @param checkpoint what an earlier attempt left
 */
public record TransferRequest(
    String jobId, ObjectLayout layout, String bucket, JobOptions options, Checkpoint checkpoint) {}
