-- Write a job's result once, delete its images and wake the callers that wait: all or nothing.
-- Refused (0) unless the job is running and still belongs to `owner`; a worker that lost its lease loses here too.
-- KEYS: as finalize.lua, and of one job of a claim, the first, what the owner has claimed: it has heard the answer
-- ARGV: id, owner, state, items (JSON), error (JSON or ''), now, ttl_s
if KEYS[9] then redis.call('DEL', KEYS[9]) end
local record = record_of(KEYS[1])
if record.owner ~= ARGV[2] then return 0 end
if record.state ~= 'running' then return 1 end -- asked again: written already
finalize(ARGV[1], record, ARGV[3], {items = ARGV[4], error = ARGV[5]}, time_of(ARGV[6]), ARGV[7])
return 1
