-- What was found out of the buckets of stores, for all workers.
CREATE TABLE piecework_store_dialect (
  endpoint VARCHAR(500) NOT NULL,
  bucket VARCHAR(255) NOT NULL,
  -- What the settings ask for: of no use to a worker that asks for something else.
  asked VARCHAR(1000) NOT NULL,
  dialect VARCHAR(1000) NOT NULL,
  learnt_at TIMESTAMP WITH TIME ZONE NOT NULL,
  PRIMARY KEY (endpoint, bucket)
);
