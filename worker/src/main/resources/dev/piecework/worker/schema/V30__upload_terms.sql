-- How the job's objects are uploaded, fixed while it has parts in the store: least size and most number
-- of parts, and the store's dialect in one line. Zero and empty before the first run, and in rows of
-- earlier versions: parts of 8 MiB, at most 10,000, with CRC32C.
ALTER TABLE piecework_job ADD COLUMN part_size BIGINT DEFAULT 0 NOT NULL;
ALTER TABLE piecework_job ADD COLUMN max_parts INT DEFAULT 0 NOT NULL;
ALTER TABLE piecework_job ADD COLUMN dialect VARCHAR(1000) DEFAULT '' NOT NULL;
