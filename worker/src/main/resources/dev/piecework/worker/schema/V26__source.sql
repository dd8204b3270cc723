-- Of a torrent URL only the server is shown: its path may hold a passkey as well as its query.
UPDATE piecework_job
SET source = SUBSTRING(source || '/', 1, 7 + POSITION('/' IN SUBSTRING(source || '/', 8))) || '...'
WHERE LOWER(source) LIKE 'http://%';

UPDATE piecework_job
SET source = SUBSTRING(source || '/', 1, 8 + POSITION('/' IN SUBSTRING(source || '/', 9))) || '...'
WHERE LOWER(source) LIKE 'https://%';
