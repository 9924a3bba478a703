-- Let an idempotency key stand for a job unless it stands for one already, and note it with the job, so that it goes
-- when the job is erased. Returns what the key stands for already, or false.
-- It may come late, a second time: for a job that has been refused or erased meanwhile nothing is noted.
-- KEYS: idempotency key, the job's note of it, note of a refusal    ARGV: job id and fingerprint, TTL in s
if redis.call('EXISTS', KEYS[3]) == 1 then return false end
local found = redis.call('SET', KEYS[1], ARGV[1], 'NX', 'GET', 'EX', ARGV[2])
if not found then redis.call('SET', KEYS[2], KEYS[1], 'EX', ARGV[2]) end
return found
