-- What an upload that is given up is aborted by; empty for those begun before this column.
ALTER TABLE piecework_upload ADD COLUMN object_key VARCHAR(2048) DEFAULT '' NOT NULL;

-- Multipart uploads that may be open at the store and that no checkpoint vouches for: about to be
-- begun (a row for each request that begins one), or given up. They outlive their job's row.
CREATE TABLE piecework_upload_intent (
  seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  job_id VARCHAR(100) NOT NULL,
  object_index INT NOT NULL,
  -- Of the claim under which it was begun.
  epoch BIGINT NOT NULL,
  bucket VARCHAR(255) NOT NULL,
  object_key VARCHAR(2048) NOT NULL,
  -- Empty while it is not known, then to be found by asking the store.
  upload_id VARCHAR(2000) NOT NULL,
  since TIMESTAMP WITH TIME ZONE NOT NULL
);
CREATE INDEX piecework_upload_intent_ix ON piecework_upload_intent(job_id, object_index);
