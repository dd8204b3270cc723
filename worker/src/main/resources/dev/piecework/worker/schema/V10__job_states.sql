-- Every worker counts the jobs that have not ended, every few seconds; those that have are far more.
CREATE INDEX piecework_job_state_ix ON piecework_job(state);
