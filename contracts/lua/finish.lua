-- Write a job's result once, delete its images and wake whoever waits: all or nothing.
-- Refused (0) unless the job is running and still belongs to `owner`; a worker that lost its lease loses here too.
-- KEYS: record, images, open jobs, bytes of open jobs    ARGV: id, owner, state, items (JSON), error (JSON or ''), now, ttl_s, done channel
local record = redis.call('HMGET', KEYS[1], 'state', 'owner')
if record[1] ~= 'running' or record[2] ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], 'state', ARGV[3], 'items', ARGV[4], 'error', ARGV[5], 'finished_at', ARGV[6])
redis.call('EXPIRE', KEYS[1], ARGV[7])
redis.call('UNLINK', KEYS[2])
redis.call('DECRBY', KEYS[4], redis.call('HGET', KEYS[1], 'bytes') or 0)
redis.call('ZREM', KEYS[3], ARGV[1])
redis.call('PUBLISH', ARGV[8], ARGV[1])
return 1
