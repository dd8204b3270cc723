-- With onExisting "fail": nothing stood in the job's way before it wrote its first object, so what
-- is there since, and does not say whose it is, is its own.
ALTER TABLE piecework_job ADD COLUMN destination_clear BOOLEAN DEFAULT FALSE NOT NULL;
