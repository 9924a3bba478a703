-- Find open jobs that no worker seems to have, and put off the next look at each, so that two reconcilers never take up the
-- same job at once. A running job whose lease ran out is queued again: its worker is dead or stuck, and whatever that worker
-- still wants to write is refused by finish.lua. A queued one that is not in its queue is put back: a worker took it for a
-- process of its own, and nothing came of it. What has been begun before stands before all else, below zero, where
-- claimants that start no process begin behind it.
-- A record of a newer version is left to workers of that version.
-- A job whose record is none is open no more, its images go, and its load with that of the last open job.
-- Then each queue that has jobs and no message gets one: it was lost, or is in a worker's hands just now, which does no harm.
-- Returns {how many were looked at, messages sent, id, queue, id, queue, …}: of the jobs that were put into their queues.
-- KEYS: open jobs, load, jobs of each queue, messages of each queue
-- ARGV: now, requeue_after_s, limit, record prefix, images suffix, names of the queues, messages for the queues
local VERSION = 2 -- as in attempt.lua
local BEGUN = -1e11 -- added to the time of acceptance
local now, requeue_after = tonumber(time_of(ARGV[1])), tonumber(ARGV[2])
local queues = (#KEYS - 2) / 2
local place = {}
for i = 1, queues do place[ARGV[5 + i]] = i end

local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, tonumber(ARGV[3]))
local again = {#due, 0}
for _, id in ipairs(due) do
  local record = redis.pcall('HMGET', ARGV[4] .. id, 'state', 'queue', 'created_at', 'image_count', 'attempts', 'version')
  local i = not record.err and place[record[2] or '']
  if not record.err and (tonumber(record[6]) or 0) > VERSION then
    redis.call('ZADD', KEYS[1], now + requeue_after, id)
  elseif not i or (record[1] ~= 'queued' and record[1] ~= 'running') then -- gone, no record, or final: it never becomes open again
    redis.call('ZREM', KEYS[1], id)
    redis.call('UNLINK', ARGV[4] .. id .. ARGV[5])
  else
    redis.call('ZADD', KEYS[1], now + requeue_after, id)
    if record[1] ~= 'queued' then redis.call('HINCRBY', KEYS[2], record[2] .. ':waiting', tonumber(record[4]) or 0) end
    redis.call('HSET', ARGV[4] .. id, 'state', 'queued', 'owner', '')
    local place_in_queue = (tonumber(record[3]) or now) + ((tonumber(record[5]) or 0) > 0 and BEGUN or 0)
    if redis.call('ZADD', KEYS[2 + i], 'NX', string.format('%.6f', place_in_queue), id) == 1 then
      again[#again + 1] = id
      again[#again + 1] = record[2]
    end
  end
end
if #due > 0 and redis.call('EXISTS', KEYS[1]) == 0 then redis.call('DEL', KEYS[2]) end
for i = 1, queues do
  if redis.call('EXISTS', KEYS[2 + i]) == 1 and redis.call('LLEN', KEYS[2 + queues + i]) == 0 then
    redis.call('LPUSH', KEYS[2 + queues + i], ARGV[5 + queues + i])
    again[2] = again[2] + 1
  end
end
return again
