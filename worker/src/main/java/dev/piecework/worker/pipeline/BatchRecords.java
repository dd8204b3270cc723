package dev.piecework.worker.pipeline;

import org.springframework.batch.core.job.JobInstance;
import org.springframework.batch.core.repository.JobRepository;

/** Spring Batch's rows of jobs that have ended. */
public final class BatchRecords {
  private final JobRepository repository;

  /** Over the framework's record. */
  public BatchRecords(JobRepository repository) {
    this.repository = repository;
  }

  /** Deletes all executions of a job; nothing if there are none. */
  public void delete(String jobId) {
    JobInstance instance = repository.getJobInstance(Pipeline.JOB_NAME, Pipeline.parameters(jobId));
    if (instance != null) {
      repository.deleteJobInstance(instance);
    }
  }
}
