-- The checksum that went with a part, in Base64, where it is another than CRC32C.
ALTER TABLE piecework_part ADD COLUMN checksum VARCHAR(32) DEFAULT '' NOT NULL;
