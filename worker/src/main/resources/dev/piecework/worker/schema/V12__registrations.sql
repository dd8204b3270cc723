-- Where the job's metainfo comes from, for people: without what may be secret. Empty for jobs that
-- were written down before this column.
ALTER TABLE piecework_job ADD COLUMN source VARCHAR(1000) DEFAULT '' NOT NULL;

-- Submissions that were registered while their messages were still on the queue, by AMQP message id.
CREATE TABLE piecework_submission (
  job_id VARCHAR(100) NOT NULL REFERENCES piecework_job(id),
  message_id VARCHAR(255) NOT NULL,
  -- Whether the job was cancelled after it: its message is without effect when it comes.
  revoked BOOLEAN NOT NULL,
  PRIMARY KEY (job_id, message_id)
);
