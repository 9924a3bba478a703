-- Claim the jobs of a queue that are next, with their records and images in one answer, as many as are one claimant's share.
-- Asked again by the same owner, which did not hear the answer, it gives the same jobs.
-- A job for a process of its own comes alone, and is not claimed yet; it leaves the queue, and is put back if nothing
-- comes of it. Such jobs stand before all others, below zero (overdue.lua): a claimant that cannot start a process, or looks
-- for a photo, begins behind them, however many they are.
-- When it takes the last job, no message needs to say that there is one; while some are left, one has to, unless nothing is
-- left but jobs for processes, and none could be started: their turn comes when a process has ended.
-- A batch has no more images, bytes and pixels than it is told, but for its first job.
-- A job whose record is none leaves its queue, so that it holds up no other.
-- Returns {'claimed', {id, record, images, id, record, images, …}} or {'isolated', id}; images are false where they are not
-- here, or too many bytes to be copied. Behind that, how many jobs ended meanwhile: by their attempts, and by their deadlines.
-- Of a paused queue nothing is given.
-- KEYS: what the owner has claimed, queue's messages, then as finalize.lua; the first queue's jobs are those to claim; the last
--       one: paused queues
-- ARGV: as attempt.lua has them; record prefix, images suffix, images, bytes and pixels at most, claimants that share the
--       queue, only jobs of one image ('1', '0'), jobs for processes too ('1', '0'), jobs to look at, queue, message
local by = claimant(1)
local prefix, suffix, most, most_bytes, most_pixels, sharing, single, isolating, looked_at, queue, message = unpack(ARGV, 8, 18)
most, most_bytes, most_pixels, looked_at = tonumber(most), tonumber(most_bytes), tonumber(most_pixels), tonumber(looked_at)
single, isolating = single == '1', isolating == '1'
local answer, ended = {}, {exhausted = 0, expired = 0}

local function add(id, record)
  local flat = {}
  for field, value in pairs(record) do
    flat[#flat + 1] = field
    flat[#flat + 1] = value
  end
  local images = (tonumber(record.bytes) or 0) <= most_bytes and redis.call('HGETALL', prefix .. id .. suffix)
  answer[#answer + 1] = id
  answer[#answer + 1] = flat
  answer[#answer + 1] = images and #images > 0 and images
end

local before = redis.call('GET', KEYS[1])
if before then
  for id in string.gmatch(before, '%S+') do
    local record = record_of(prefix .. id)
    if record.state == 'running' and record.owner == by.owner then add(id, record) end
  end
  return {'claimed', answer}
end

if redis.call('HEXISTS', KEYS[#KEYS], queue) == 1 then return {'claimed', answer} end -- paused; its message comes again
local for_processes = isolating and not single
local ids = redis.call('ZRANGEBYSCORE', KEYS[7], for_processes and '-inf' or 0, '+inf', 'LIMIT', 0, looked_at)
if #ids == 0 then return {'claimed', answer} end
by.now = time_of(by.now)
local left = for_processes and #ids < looked_at and #ids or redis.call('ZCARD', KEYS[7])
local share = math.ceil(left / sharing)
local taken, removed, images, bytes, pixels, isolated = {}, {}, 0, 0, 0, nil

local function passed_over(id) -- before its whole record is read, if a photo is looked for behind larger jobs
  if not single then return false end
  local few = redis.pcall('HMGET', prefix .. id, 'image_count', 'attempts')
  return not few.err and ((tonumber(few[1]) or 1) > 1 or (tonumber(few[2]) or 0) > 0)
end

for _, id in ipairs(ids) do
  if images >= most or (#taken > 0 and #taken >= share) then break end
  if not passed_over(id) then
    local flat = redis.pcall('HGETALL', prefix .. id)
    local record = flat.err and {} or table_of(flat)
    local count, size = tonumber(record.image_count) or 1, tonumber(record.bytes) or 0
    local area, again = tonumber(record.pixels) or 0, (tonumber(record.attempts) or 0) > 0
    local too_many = images + count > most or bytes + size > most_bytes or pixels + area > most_pixels
    if images > 0 and (again or too_many) then break end
    local verdict = attempt(id, record, by, prefix .. id, prefix .. id .. suffix)
    if verdict ~= 'held' then left = left - 1 end
    if ended[verdict] then ended[verdict] = ended[verdict] + 1 end
    if verdict == 'isolated' then
      isolated, removed[#removed + 1] = id, id
      break
    elseif verdict == 'claimed' then
      taken[#taken + 1], removed[#removed + 1] = id, id
      images, bytes, pixels = images + count, bytes + size, pixels + area
      add(id, record)
    end
  end
end
if #removed > 0 then redis.call('ZREM', KEYS[7], unpack(removed)) end
if #taken > 0 then
  begin(taken, by, queue, images)
  redis.call('SET', KEYS[1], table.concat(taken, ' '), 'EX', math.ceil(by.lease_s))
end
if left <= 0 then
  redis.call('DEL', KEYS[2])
elseif (single or isolating or #taken > 0) and redis.call('LLEN', KEYS[2]) == 0 then
  redis.call('LPUSH', KEYS[2], message)
end
return {isolated and 'isolated' or 'claimed', isolated or answer, ended.exhausted, ended.expired}
