-- Find open jobs that no worker seems to have, and put off the next look at each, so that two reconcilers never
-- send the same job at once. A running job whose lease ran out is queued again: its worker is dead or stuck, and
-- whatever that worker still wants to write is refused by finish.lua. A queued job behind others is waiting, not lost:
-- queues are first in, first out, so its message is lost once the one to be taken next was sent for a job that was
-- created later. Where that cannot be told, ten times `requeue_after_s` decides. Sending all that wait again and again
-- instead would fill the queue with doubles, and make it look longer than it is.
-- Returns {id, queue, id, queue, …} of the jobs to send again.
-- KEYS: open jobs, load    ARGV: now, requeue_after_s, limit, record prefix
local now, requeue_after = tonumber(ARGV[1]), tonumber(ARGV[2])

local known = {}
local function next_in(queue) -- when the job was created whose message is to be taken next; false if that is unknown
  if known[queue] == nil then
    known[queue] = false
    local read, message = pcall(cjson.decode, redis.call('LINDEX', queue, -1) or '')
    local headers = read and type(message) == 'table' and message.headers
    local id = type(headers) == 'table' and headers.argsrepr
    if type(id) == 'string' then
      known[queue] = tonumber(redis.call('HGET', ARGV[4] .. id, 'created_at') or '') or false
    end
  end
  return known[queue]
end

local function lost(queue, sent)
  if redis.call('LLEN', queue) == 0 then return true end
  local created = next_in(queue)
  if created then return created > sent + requeue_after end -- it allows for clocks that differ and announcements that are late
  return now - sent >= 10 * requeue_after
end

local again = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, tonumber(ARGV[3]))) do
  local record = redis.call('HMGET', ARGV[4] .. id, 'state', 'queue', 'created_at', 'sent_at', 'image_count')
  if not record[1] then
    redis.call('ZREM', KEYS[1], id)
  else
    redis.call('ZADD', KEYS[1], now + requeue_after, id)
    if record[1] ~= 'queued' or lost(record[2], tonumber(record[4] or record[3])) then
      if record[1] ~= 'queued' then redis.call('HINCRBY', KEYS[2], record[2] .. ':waiting', record[5] or 0) end
      redis.call('HSET', ARGV[4] .. id, 'state', 'queued', 'owner', '', 'sent_at', ARGV[1])
      again[#again + 1] = id
      again[#again + 1] = record[2]
    end
  end
end
return again
