-- Put before claim.lua and claim_next.lua, after finalize.lua: give one job to one worker, counting the attempt before
-- anything is decoded, so that an image that kills its worker is given up after `max_attempts` and not tried for ever.
-- A job that a worker has begun and not finished may have killed it: only a process that runs nothing else gets it again,
-- so that whatever ends that process costs no other job an attempt.
-- KEYS: as finalize.lua
-- `by`: owner, now, lease_s, max_attempts, ttl_s, error (JSON), isolated ('1', '0')
-- Returns claimed | missing | final | held | expired | exhausted | isolated
local function attempt(id, by, record_key, images_key)
  local record = redis.call('HMGET', record_key, 'state', 'owner', 'deadline_at', 'attempts', 'queue', 'image_count')
  local state, attempts, now = record[1], tonumber(record[4]) or 0, tonumber(by.now)
  if not state then
    redis.call('ZREM', KEYS[3], id)
    unqueue(id)
    return 'missing'
  end
  if state ~= 'queued' and state ~= 'running' then
    unqueue(id)
    return 'final'
  end
  local due = tonumber(redis.call('ZSCORE', KEYS[3], id) or 0)
  if state == 'running' and due > now then -- the same owner asks again when it did not hear the answer
    return record[2] == by.owner and 'claimed' or 'held'
  end

  local function give_up(final_state, verdict)
    redis.call('HSET', record_key, 'owner', '') -- its owner so far has not finished it
    if final_state == 'failed' then redis.call('HSET', record_key, 'error', by.error) end
    finalize(id, final_state, by.now, by.ttl_s, record_key, images_key)
    return verdict
  end

  if (tonumber(record[3]) or now) < now then return give_up('expired', 'expired') end
  if attempts >= tonumber(by.max_attempts) then return give_up('failed', 'exhausted') end
  if attempts > 0 and by.isolated ~= '1' then return 'isolated' end
  redis.call('HINCRBY', record_key, 'attempts', 1)
  if state == 'queued' then
    unqueue(id)
    less((record[5] or '') .. ':waiting', record[6])
  end
  redis.call('HSET', record_key, 'state', 'running', 'owner', by.owner, 'started_at', by.now)
  redis.call('ZADD', KEYS[3], now + tonumber(by.lease_s), id)
  return 'claimed'
end

local function claimant(first) -- the arguments of a claim, from ARGV[first] on
  local owner, now, lease_s, max_attempts, ttl_s, error, isolated = unpack(ARGV, first, first + 6)
  return {owner = owner, now = now, lease_s = lease_s, max_attempts = max_attempts, ttl_s = ttl_s,
          error = error, isolated = isolated}
end
