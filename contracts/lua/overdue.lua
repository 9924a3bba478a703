-- Find open jobs that nobody seems to work on, and put off the next look at each, so that two reconcilers never
-- send the same job at once. A queued job behind others in its queue is waiting, not lost: it is sent again only
-- after ten times the patience. A running job whose lease ran out is queued again: its worker is dead or stuck, and
-- whatever that worker still wants to write is refused by finish.lua. Returns {id, queue, id, queue, …} of the jobs to send again.
-- KEYS: open jobs    ARGV: now, requeue_after_s, limit, record prefix
local now, patience = tonumber(ARGV[1]), tonumber(ARGV[2])
local again = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, tonumber(ARGV[3]))) do
  local record = redis.call('HMGET', ARGV[4] .. id, 'state', 'queue', 'created_at', 'sent_at')
  if not record[1] then
    redis.call('ZREM', KEYS[1], id)
  else
    local sent = tonumber(record[4] or record[3])
    local waiting = record[1] == 'queued' and redis.call('LLEN', record[2]) > 0 and now - sent < 10 * patience
    redis.call('ZADD', KEYS[1], now + patience, id)
    if not waiting then
      redis.call('HSET', ARGV[4] .. id, 'state', 'queued', 'owner', '', 'sent_at', ARGV[1])
      again[#again + 1] = id
      again[#again + 1] = record[2]
    end
  end
end
return again
