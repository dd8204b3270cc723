-- What the job's holder is told and has not obeyed yet: empty, PAUSE or CANCEL.
ALTER TABLE piecework_job ADD COLUMN ordered VARCHAR(16) DEFAULT '' NOT NULL;
ALTER TABLE piecework_job ADD COLUMN order_reason VARCHAR(1000) DEFAULT '' NOT NULL;
-- Whether a cancellation deletes the objects that the job has finished.
ALTER TABLE piecework_job ADD COLUMN delete_objects BOOLEAN DEFAULT FALSE NOT NULL;
-- How far the last checkpoint was, for people.
ALTER TABLE piecework_job ADD COLUMN uploaded_bytes BIGINT DEFAULT 0 NOT NULL;
ALTER TABLE piecework_job ADD COLUMN verified_pieces INT DEFAULT 0 NOT NULL;
UPDATE piecework_job SET uploaded_bytes = total_bytes, verified_pieces = total_pieces
  WHERE state IN ('COMPLETED', 'SEEDING');
-- Pages of a list are cut by it.
CREATE INDEX piecework_job_created_ix ON piecework_job(created_at, id);

-- Orders that were carried out, by the message id of their request: none is carried out twice.
CREATE TABLE piecework_control_request (
  id VARCHAR(255) NOT NULL PRIMARY KEY,
  at TIMESTAMP WITH TIME ZONE NOT NULL
);
CREATE INDEX piecework_control_request_ix ON piecework_control_request(at);
