-- The W3C trace context of the submission that the row follows; empty if it had none. Every message
-- about the job carries it.
ALTER TABLE piecework_job ADD COLUMN trace_parent VARCHAR(55) DEFAULT '' NOT NULL;
