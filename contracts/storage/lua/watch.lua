-- Read a job, and while it is open have a gateway told of its end: all or nothing, so that no end is missed.
-- Returns the record.
-- KEYS: record    ARGV: the gateway's channel
local record = redis.call('HMGET', KEYS[1], 'state', 'notify')
if record[1] == 'queued' or record[1] == 'running' then
  local told = record[2] or ''
  if not string.find(' ' .. told .. ' ', ' ' .. ARGV[1] .. ' ', 1, true) then
    redis.call('HSET', KEYS[1], 'notify', told .. ' ' .. ARGV[1])
  end
end
return redis.call('HGETALL', KEYS[1])
