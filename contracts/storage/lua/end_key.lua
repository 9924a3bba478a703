-- Put before what shortens the life of a final job's record: its idempotency key, named in a note beside the record, ends
-- with it, unless the key stands for another job by now. Neither lives longer than it would have.
-- KEYS: none of its own
local function end_key(id, note, ttl_s)
  local once = redis.call('GET', note)
  local value = once and redis.call('GET', once) or ''
  if string.sub(value, 1, #id + 1) == id .. ' ' then redis.call('EXPIRE', once, ttl_s, 'LT') end
  redis.call('EXPIRE', note, ttl_s, 'LT')
end
