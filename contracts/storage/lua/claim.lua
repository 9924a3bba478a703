-- Claim a job for one worker, counting the attempt before anything is decoded, so that an image that kills its
-- worker is given up after `max_attempts` and not tried for ever.
-- A job that a worker has begun and not finished may have killed it: only a process that runs nothing else gets it again,
-- so that whatever ends that process costs no other job an attempt.
-- KEYS: as finalize.lua
-- ARGV: id, owner, now, lease_s, max_attempts, ttl_s, done channel, error (JSON), isolated ('1', '0')
-- Returns claimed | missing | final | held | expired | exhausted | isolated
local state = redis.call('HGET', KEYS[1], 'state')
if not state then
  redis.call('ZREM', KEYS[3], ARGV[1])
  return 'missing'
end
if state ~= 'queued' and state ~= 'running' then return 'final' end
local now = tonumber(ARGV[3])
local due = tonumber(redis.call('ZSCORE', KEYS[3], ARGV[1]) or 0)
if state == 'running' and due > now then -- the same owner asks again when it did not hear the answer
  return redis.call('HGET', KEYS[1], 'owner') == ARGV[2] and 'claimed' or 'held'
end

local function give_up(final_state, verdict)
  redis.call('HSET', KEYS[1], 'owner', '') -- its owner so far has not finished it
  if final_state == 'failed' then redis.call('HSET', KEYS[1], 'error', ARGV[8]) end
  finalize(ARGV[1], final_state, ARGV[3], ARGV[6], ARGV[7])
  return verdict
end

local deadline = redis.call('HGET', KEYS[1], 'deadline_at')
if deadline and deadline ~= '' and tonumber(deadline) < now then return give_up('expired', 'expired') end
local attempts = tonumber(redis.call('HGET', KEYS[1], 'attempts') or 0)
if attempts >= tonumber(ARGV[5]) then return give_up('failed', 'exhausted') end
if attempts > 0 and ARGV[9] ~= '1' then return 'isolated' end
redis.call('HINCRBY', KEYS[1], 'attempts', 1)
if state == 'queued' then
  local record = redis.call('HMGET', KEYS[1], 'queue', 'image_count')
  less((record[1] or '') .. ':waiting', record[2])
end
redis.call('HSET', KEYS[1], 'state', 'running', 'owner', ARGV[2], 'started_at', ARGV[3])
redis.call('ZADD', KEYS[3], now + tonumber(ARGV[4]), ARGV[1])
return 'claimed'
