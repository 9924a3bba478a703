-- Write a job's result once, delete its images and wake the callers that wait: all or nothing.
-- Refused (0) unless the job is running and still belongs to `owner`; a worker that lost its lease loses here too.
-- KEYS: as finalize.lua, what the owner has claimed
-- ARGV: id, owner, state, items (JSON), error (JSON or ''), now, ttl_s
local record = redis.call('HMGET', KEYS[1], 'state', 'owner')
redis.call('SREM', KEYS[10], ARGV[1])
if record[2] ~= ARGV[2] then return 0 end
if record[1] ~= 'running' then return 1 end -- asked again: written already
redis.call('HSET', KEYS[1], 'items', ARGV[4], 'error', ARGV[5])
finalize(ARGV[1], ARGV[3], ARGV[6], ARGV[7])
return 1
