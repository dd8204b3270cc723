-- The furthest that a job has ever come: progress is only what goes beyond it. A part sent again, or a
-- piece fetched again, is none.
ALTER TABLE piecework_job ADD COLUMN best_uploaded_bytes BIGINT DEFAULT 0 NOT NULL;
ALTER TABLE piecework_job ADD COLUMN best_verified_pieces INT DEFAULT 0 NOT NULL;

-- Objects that were not what was sent, in the present series of attempts: the second time is final.
CREATE TABLE piecework_failed_proof (
  job_id VARCHAR(100) NOT NULL REFERENCES piecework_job(id) ON DELETE CASCADE,
  object_index INT NOT NULL,
  found VARCHAR(1000) NOT NULL,
  PRIMARY KEY (job_id, object_index)
);
