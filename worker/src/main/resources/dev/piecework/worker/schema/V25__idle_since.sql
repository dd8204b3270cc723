-- Since when a job that gave its slot to others has received nothing; null after progress, and after a
-- failed attempt.
ALTER TABLE piecework_job ADD COLUMN idle_since TIMESTAMP WITH TIME ZONE;
