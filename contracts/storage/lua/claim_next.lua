-- Claim the jobs of a queue that are next, with their records and images in one answer, as many as are one claimant's share.
-- Asked again by the same owner, which did not hear the answer, it gives the same jobs.
-- A job for a process of its own comes alone, and is not claimed yet; it leaves the queue, and is put back if nothing
-- comes of it (overdue.lua). A claimant that cannot start a process passes over such jobs.
-- When no job is left, no message needs to say that there is one; while some are left, one has to, but for jobs that all
-- were passed over: their turn comes when a process has ended.
-- Returns {'claimed', {id, record, images, id, record, images, …}} or {'isolated', id}.
-- KEYS: what the owner has claimed, queue's messages, then as finalize.lua; the first queue's jobs are those to claim
-- ARGV: as attempt.lua has them; record prefix, images suffix, images at most, claimants that share the queue, only jobs
--       of one image ('1', '0'), jobs for processes too ('1', '0'), jobs to look at, message
local by = claimant(1)
local prefix, suffix, most, sharing, single, isolating, looked_at, message = unpack(ARGV, 8, 15)
most, single, isolating = tonumber(most), single == '1', isolating == '1'
local answer = {}
local function add(id)
  local images = redis.call('HGETALL', prefix .. id .. suffix)
  for _, value in ipairs({id, redis.call('HGETALL', prefix .. id), images}) do answer[#answer + 1] = value end
end

local before = redis.call('SMEMBERS', KEYS[1])
if #before > 0 then
  for _, id in ipairs(before) do
    local record = redis.call('HMGET', prefix .. id, 'state', 'owner')
    if record[1] == 'running' and record[2] == by.owner then add(id) end
  end
  return {'claimed', answer}
end

local share = math.ceil(redis.call('ZCARD', KEYS[8]) / sharing)
local jobs, images = 0, 0
for _, id in ipairs(redis.call('ZRANGE', KEYS[8], 0, looked_at - 1)) do
  if images >= most or (jobs > 0 and jobs >= share) then break end
  local record = redis.call('HMGET', prefix .. id, 'image_count', 'attempts')
  local count, again = tonumber(record[1]) or 1, (tonumber(record[2]) or 0) > 0
  if not (single and count > 1) and not (again and (single or not isolating)) then
    if images > 0 and (again or images + count > most) then break end
    local verdict = attempt(id, by, prefix .. id, prefix .. id .. suffix)
    if verdict == 'isolated' then
      redis.call('ZREM', KEYS[8], id)
      answer = id
      break
    elseif verdict == 'claimed' then
      jobs, images = jobs + 1, images + count
      redis.call('SADD', KEYS[1], id)
      add(id)
    end
  end
end
if images > 0 then redis.call('EXPIRE', KEYS[1], math.ceil(by.lease_s)) end
if redis.call('EXISTS', KEYS[8]) == 0 then
  redis.call('DEL', KEYS[2])
elseif redis.call('LLEN', KEYS[2]) == 0 and (single or isolating or jobs > 0) then
  redis.call('LPUSH', KEYS[2], message)
end
return type(answer) == 'string' and {'isolated', answer} or {'claimed', answer}
