package dev.piecework.worker.transfer;

import java.util.function.Predicate;

/** Starts transfers, and ends what they leave. */
public interface TransferFactory {
  /**
   * Starts or resumes a transfer: hashes what scratch already holds, joins the swarm, uploads. Must
   * be closed.
   *
   * @throws TransferException when it cannot begin
   */
  Transfer start(TransferRequest request) throws TransferException;

  /**
   * Joins the swarm only to give: every bundle counts as done, and what scratch still holds is
   * served. {@link Transfer#finished()} is true from the start. Must be closed.
   */
  Transfer seed(TransferRequest request) throws TransferException;

  /** Deletes a job's scratch folder on this host, if there is one. */
  void discardScratch(String jobId);

  /**
   * Deletes scratch on this host that nobody works in and that nobody came back for in time, or
   * that is of no use any more.
   *
   * @param useless asked about each job
   */
  void sweepScratch(Predicate<String> useless);

  /**
   * Names the worker in its host's scratch folder; see {@link Checkpoint#scratchId()}. Stable over
   * restarts, and no two workers at work have the same.
   */
  String scratchId();
}
