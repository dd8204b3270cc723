-- The broker's user who submitted the job first; empty if that is not known.
ALTER TABLE piecework_job ADD COLUMN author VARCHAR(255) DEFAULT '' NOT NULL;
-- Who gave the order that its holder has not obeyed yet.
ALTER TABLE piecework_job ADD COLUMN order_author VARCHAR(255) DEFAULT '' NOT NULL;
-- Who submitted the job or gave the order that the change follows.
ALTER TABLE piecework_job_transition ADD COLUMN author VARCHAR(255) DEFAULT '' NOT NULL;
