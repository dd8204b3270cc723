-- Who publishes, and until when by the database's clock: a lease instead of a lock, so that no
-- transaction waits for a broker. Empty while nobody publishes.
ALTER TABLE piecework_relay ADD COLUMN lease_owner VARCHAR(200) DEFAULT '' NOT NULL;
ALTER TABLE piecework_relay ADD COLUMN lease_until TIMESTAMP WITH TIME ZONE;
-- How often an entry was asked for again: who published it before does not mark it afterwards.
ALTER TABLE piecework_outbox ADD COLUMN repeats INT DEFAULT 0 NOT NULL;
