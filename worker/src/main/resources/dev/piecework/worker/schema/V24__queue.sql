-- Since when a queued job waits. Its place among jobs of its priority goes by place_at: a job that was
-- interrupted keeps the place that it had.
ALTER TABLE piecework_job ADD COLUMN queued_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP NOT NULL;
ALTER TABLE piecework_job ADD COLUMN place_at TIMESTAMP WITH TIME ZONE DEFAULT CURRENT_TIMESTAMP NOT NULL;
-- The value of the job's label that piecework.worker.fair-by names; empty without one.
ALTER TABLE piecework_job ADD COLUMN share VARCHAR(512) DEFAULT '' NOT NULL;
-- Queued jobs are claimed from their rows: nothing of them is due.
UPDATE piecework_job SET queued_at = updated_at, place_at = created_at, due_at = NULL
  WHERE state = 'QUEUED';
CREATE INDEX piecework_job_place_ix ON piecework_job(state, priority DESC, place_at, queued_at);
CREATE INDEX piecework_job_share_ix ON piecework_job(state, priority DESC, share, place_at);
-- The first of these serves who counts jobs by state, and looks for the oldest queued one.
DROP INDEX piecework_job_state_ix;

-- When a job of a share was last claimed: of shares with as many running jobs, the one that has waited
-- longest comes first.
CREATE TABLE piecework_share (
  name VARCHAR(512) NOT NULL PRIMARY KEY,
  served_at TIMESTAMP WITH TIME ZONE NOT NULL
);
