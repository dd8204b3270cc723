package dev.piecework.worker.pipeline;

import java.time.LocalDateTime;
import java.util.List;
import org.springframework.batch.core.BatchStatus;
import org.springframework.batch.core.job.JobExecution;
import org.springframework.batch.core.job.JobInstance;
import org.springframework.batch.core.job.parameters.JobParameters;
import org.springframework.batch.core.launch.JobOperator;
import org.springframework.batch.core.repository.JobRepository;
import org.springframework.batch.core.step.StepExecution;

/**
 * Puts Spring Batch's record of a job in order, so that it can be started again. Only the holder of
 * the job's lease may: the repository cannot tell a dead owner from a living one.
 *
 * <p>Three kinds of disorder occur. A killed worker leaves an execution STARTED, which refuses
 * every later start. A worker that was only slow fails its next commit when another has taken over,
 * and then writes UNKNOWN, which refuses them for ever. So does an instance without any execution,
 * which is left when a connection is lost between the two transactions that write them.
 */
final class BatchHistory {
  private final JobRepository repository;
  private final JobOperator operator;

  BatchHistory(JobRepository repository, JobOperator operator) {
    this.repository = repository;
    this.operator = operator;
  }

  /** Repairs every earlier execution of a job. */
  void repair(String jobName, JobParameters parameters) {
    JobInstance instance = repository.getJobInstance(jobName, parameters);
    if (instance == null) {
      return;
    }
    List<JobExecution> executions = repository.getJobExecutions(instance);
    if (executions.isEmpty()) {
      repository.deleteJobInstance(instance);
    }
    executions.forEach(this::repair);
  }

  private void repair(JobExecution execution) {
    JobExecution left = execution;
    if (running(left.getStatus())) {
      left = operator.recover(left);
    }
    for (StepExecution step : left.getStepExecutions()) {
      if (step.getStatus() == BatchStatus.UNKNOWN || running(step.getStatus())) {
        step.setStatus(BatchStatus.FAILED);
        step.setEndTime(LocalDateTime.now(java.time.ZoneId.systemDefault()));
        repository.update(step);
      }
    }
    if (left.getStatus() == BatchStatus.UNKNOWN || left.getStatus() == BatchStatus.COMPLETED) {
      // COMPLETED with a job that runs: its last commit was a zombie's. The job row decides.
      left.setStatus(BatchStatus.FAILED);
      left.setEndTime(LocalDateTime.now(java.time.ZoneId.systemDefault()));
      repository.update(left);
    }
  }

  private static boolean running(BatchStatus status) {
    return status == BatchStatus.STARTING
        || status == BatchStatus.STARTED
        || status == BatchStatus.STOPPING;
  }
}
