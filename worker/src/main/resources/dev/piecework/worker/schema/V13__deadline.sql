-- When the job has failed if it is not done by then; null if it has no deadline.
ALTER TABLE piecework_job ADD COLUMN deadline_at TIMESTAMP WITH TIME ZONE;
CREATE INDEX piecework_job_deadline_ix ON piecework_job(deadline_at);
