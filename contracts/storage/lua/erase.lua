-- Erase all that is kept of a final job: record with result, annotated images, webhook, dead letter, idempotency key.
-- KEYS: record, images, annotated images, note of the idempotency key, webhook, webhooks due, webhooks dead, erasures,
--   when annotated images expire, their bytes
-- ARGV: id, now    Returns the state found; a job that is not final is left as it is.
local state = redis.call('HGET', KEYS[1], 'state')
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
redis.call('ZADD', KEYS[8], time_of(ARGV[2]), 'erased') -- the file is due for rewriting now
return state
