-- ${bytes} is the database's type for byte strings: BYTEA (PostgreSQL) or BLOB (H2).
-- Every time is the database's own: workers' clocks may differ.

CREATE TABLE piecework_job (
  id VARCHAR(100) NOT NULL PRIMARY KEY,
  -- The job message in its JSON form; what a continuation or a dead letter carries.
  message TEXT NOT NULL,
  -- The AMQP message id of the submission that this row follows: tells a redelivery from a resubmission.
  submission VARCHAR(255) NOT NULL,
  state VARCHAR(16) NOT NULL,
  reason VARCHAR(4000) NOT NULL,
  -- Runs of this series, for people; a run that was handed back does not count.
  attempt INT NOT NULL,
  -- Runs in a row that ended badly without progress; decides when to give up.
  failures INT NOT NULL,
  progressed BOOLEAN NOT NULL,
  -- Raised by each claim: the fence that keeps a worker out that has lost the job.
  epoch BIGINT NOT NULL,
  lease_owner VARCHAR(200) NOT NULL,
  lease_until TIMESTAMP WITH TIME ZONE,
  -- When the sweeper shall look at it; null when there is nothing to wait for.
  due_at TIMESTAMP WITH TIME ZONE,
  -- Times its message was published again since it last ran.
  requeues INT NOT NULL,
  priority INT NOT NULL,
  -- JSON object: repeated in every event.
  labels TEXT NOT NULL,
  bucket VARCHAR(255) NOT NULL,
  prefix VARCHAR(1024) NOT NULL,
  info_hash VARCHAR(40) NOT NULL,
  name VARCHAR(1024) NOT NULL,
  total_bytes BIGINT NOT NULL,
  total_pieces INT NOT NULL,
  total_files INT NOT NULL,
  metainfo ${bytes},
  -- Block bytes from and to peers in all runs.
  downloaded_bytes BIGINT NOT NULL,
  sent_bytes BIGINT NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
  completed_at TIMESTAMP WITH TIME ZONE
);
CREATE INDEX piecework_job_due_ix ON piecework_job(due_at);
CREATE INDEX piecework_job_lease_ix ON piecework_job(lease_until);

CREATE TABLE piecework_job_transition (
  seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  job_id VARCHAR(100) NOT NULL REFERENCES piecework_job(id),
  at TIMESTAMP WITH TIME ZONE NOT NULL,
  from_state VARCHAR(16) NOT NULL,
  to_state VARCHAR(16) NOT NULL,
  reason VARCHAR(4000) NOT NULL,
  attempt INT NOT NULL,
  epoch BIGINT NOT NULL,
  worker VARCHAR(200) NOT NULL
);
CREATE INDEX piecework_job_transition_ix ON piecework_job_transition(job_id, seq);

-- Pieces verified and written to one host's scratch folder.
CREATE TABLE piecework_checkpoint (
  job_id VARCHAR(100) NOT NULL PRIMARY KEY REFERENCES piecework_job(id),
  scratch_id VARCHAR(200) NOT NULL,
  pieces ${bytes} NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE NOT NULL
);

CREATE TABLE piecework_upload (
  job_id VARCHAR(100) NOT NULL REFERENCES piecework_job(id),
  object_index INT NOT NULL,
  upload_id VARCHAR(2000) NOT NULL,
  PRIMARY KEY (job_id, object_index)
);

CREATE TABLE piecework_part (
  job_id VARCHAR(100) NOT NULL REFERENCES piecework_job(id),
  object_index INT NOT NULL,
  part_number INT NOT NULL,
  length BIGINT NOT NULL,
  etag VARCHAR(255) NOT NULL,
  crc32c INT NOT NULL,
  PRIMARY KEY (job_id, object_index, part_number)
);

-- What is to be published. Rows of one job are written under its row lock, so that seq orders them.
CREATE TABLE piecework_outbox (
  seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  message_id VARCHAR(100) NOT NULL,
  job_id VARCHAR(100) NOT NULL REFERENCES piecework_job(id),
  epoch BIGINT NOT NULL,
  type VARCHAR(32) NOT NULL,
  -- Tells several of one type apart: a file's index, an attempt's number.
  discriminator VARCHAR(100) NOT NULL,
  exchange VARCHAR(255) NOT NULL,
  routing_key VARCHAR(255) NOT NULL,
  priority INT NOT NULL,
  content_type VARCHAR(100) NOT NULL,
  -- JSON object of strings.
  headers TEXT NOT NULL,
  -- Whether it is a fault that no queue takes it; nobody need listen to events.
  mandatory BOOLEAN NOT NULL,
  -- Null: the job's own message.
  body TEXT,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  published_at TIMESTAMP WITH TIME ZONE,
  published BOOLEAN NOT NULL,
  CONSTRAINT piecework_outbox_once UNIQUE (job_id, epoch, type, discriminator)
);
CREATE INDEX piecework_outbox_pending_ix ON piecework_outbox(published, seq);

-- One row, locked by whoever publishes: keeps the order with any number of workers.
CREATE TABLE piecework_relay (
  id INT NOT NULL PRIMARY KEY
);
INSERT INTO piecework_relay(id) VALUES (1);
