-- Erase all that is kept of a final job: record with result, annotated images, webhook, dead letter, idempotency key.
-- KEYS: record, images, annotated images, note of the idempotency key, webhook, webhooks due, webhooks dead, erasures,
--   when annotated images expire, their bytes, note of a refusal, erased
-- ARGV: id, now, TTL of that note in s, hash of the id, for how many s that is kept, of how many jobs at most    Returns the state found; a job that is not final is left as it is.
local state, created_at = unpack(redis.call('HMGET', KEYS[1], 'state', 'created_at'))
if state == 'queued' or state == 'running' then return state end
local once = redis.call('GET', KEYS[4])
if once then
  local value = redis.call('GET', once) or ''
  if string.sub(value, 1, #ARGV[1] + 1) == ARGV[1] .. ' ' then redis.call('DEL', once) end
end
redis.call('UNLINK', KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5])
redis.call('ZREM', KEYS[6], ARGV[1])
forget_annotated(KEYS[9], KEYS[10], ARGV[1])
redis.call('HDEL', KEYS[7], ARGV[1])
-- A call that stores it may be on its way still, if it is so young: the client asked twice, as the first was not answered.
local now = time_of(ARGV[2])
if state and now - (tonumber(created_at) or 0) < tonumber(ARGV[3]) then redis.call('SET', KEYS[11], '', 'EX', ARGV[3]) end
if state then -- no backup brings it back
  redis.call('ZADD', KEYS[12], now, ARGV[4])
  redis.call('ZREMRANGEBYSCORE', KEYS[12], '-inf', now - ARGV[5])
  redis.call('ZREMRANGEBYRANK', KEYS[12], 0, -ARGV[6] - 1)
end
redis.call('ZADD', KEYS[8], now, 'erased') -- the file is due for rewriting now
return state
