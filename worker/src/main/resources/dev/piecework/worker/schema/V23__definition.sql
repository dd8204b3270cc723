-- What the job is to do, as a hash: another job under the same id is refused. Empty in rows of
-- before, which adopt the hash of their own message when they are asked about.
ALTER TABLE piecework_job ADD COLUMN definition VARCHAR(64) DEFAULT '' NOT NULL;
