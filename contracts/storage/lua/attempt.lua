-- Put before claim.lua and claim_next.lua, after finalize.lua: give one job to one worker, counting the attempt before
-- anything is decoded, so that an image that kills its worker is given up after `max_attempts` and not tried for ever.
-- A job that a worker has begun and not finished may have killed it: only a process that runs nothing else gets it again,
-- so that whatever ends that process costs no other job an attempt.
-- KEYS: as finalize.lua
-- `record`: the job's, which is changed as it is in Redis
-- `by`: owner, now, lease_s, max_attempts, ttl_s, error (JSON), isolated ('1', '0')
-- A record of a newer version is left as it is, without an attempt: workers of that version will take it.
-- Returns claimed | missing | newer | final | held | expired | exhausted | isolated, and whether it is claimed anew: of such jobs
-- `begin` does the rest.
local VERSION = 2 -- of the records that a worker of this version understands; contracts.jobs.JOB_VERSION

local function attempt(id, record, by, record_key, images_key)
  local state, attempts, now = record.state, tonumber(record.attempts) or 0, tonumber(by.now)
  if not state then
    redis.call('ZREM', KEYS[3], id)
    redis.call('UNLINK', images_key)
    if redis.call('EXISTS', KEYS[3]) == 0 then redis.call('DEL', KEYS[6]) end -- what it counted is not known any more
    unqueue(id)
    return 'missing'
  end
  if (tonumber(record.version) or 0) > VERSION then return 'newer' end
  if state ~= 'queued' and state ~= 'running' then
    unqueue(id)
    return 'final'
  end
  if state == 'running' and tonumber(redis.call('ZSCORE', KEYS[3], id) or 0) > now then
    return record.owner == by.owner and 'claimed' or 'held' -- the same owner asks again when it did not hear the answer
  end

  local more = {owner = ''} -- if it ends now, its owner so far has not finished it
  if (tonumber(record.deadline_at) or now) < now then
    finalize(id, record, 'expired', more, by.now, by.ttl_s, record_key, images_key)
    return 'expired'
  end
  if attempts >= tonumber(by.max_attempts) then
    more.error = by.error
    finalize(id, record, 'failed', more, by.now, by.ttl_s, record_key, images_key)
    return 'exhausted'
  end
  if attempts > 0 and by.isolated ~= '1' then return 'isolated' end
  local changed = {state = 'running', owner = by.owner, started_at = by.now, attempts = attempts + 1}
  if attempts > 0 then changed.begun_before = record.started_at end
  local flat = {}
  for field, value in pairs(changed) do
    record[field] = tostring(value)
    flat[#flat + 1] = field
    flat[#flat + 1] = value
  end
  redis.call('HSET', record_key, unpack(flat))
  return 'claimed', true
end

local function begin(ids, by, queue, waiting) -- jobs that are claimed; `waiting`: their images, if they were queued
  local leases, due = {}, by.now + by.lease_s
  for _, id in ipairs(ids) do
    leases[#leases + 1] = due
    leases[#leases + 1] = id
  end
  redis.call('ZADD', KEYS[3], unpack(leases))
  if waiting > 0 then redis.call('HINCRBY', KEYS[6], queue .. ':waiting', -waiting) end
end

local function claimant(first) -- the arguments of a claim, from ARGV[first] on
  local owner, now, lease_s, max_attempts, ttl_s, error, isolated = unpack(ARGV, first, first + 6)
  return {owner = owner, now = now, lease_s = lease_s, max_attempts = max_attempts, ttl_s = ttl_s,
          error = error, isolated = isolated}
end
