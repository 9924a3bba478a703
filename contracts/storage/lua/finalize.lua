-- Put before claim.lua, cancel.lua and finish.lua: what happens to a job that becomes final, always and all at once.
-- Its images go, its record lives on for `ttl_s` (for three days at least until a webhook has told of it), callers
-- that wait are woken, and the webhook is due.
-- Its images leave the server's file within two minutes, annotated ones and its result as long after they have expired:
-- the times at which the file is to be rewritten are noted, a minute at a time.
-- KEYS: record, images, open jobs, bytes of open jobs, webhooks due, erasures, load
local WEBHOOK_TTL_S = 259200
local function less(field, amount) -- of the load
  if redis.call('HINCRBY', KEYS[7], field, -(amount or 0)) <= 0 then redis.call('HDEL', KEYS[7], field) end
end

local function finalize(id, state, now, ttl_s, channel)
  local annotated_s = ttl_s
  local before = redis.call('HGET', KEYS[1], 'state')
  redis.call('HSET', KEYS[1], 'state', state, 'finished_at', now)
  redis.call('UNLINK', KEYS[2])
  redis.call('ZREM', KEYS[3], id)
  local record = redis.call('HMGET', KEYS[1], 'queue', 'account', 'image_count', 'bytes', 'pixels')
  local queue, account = record[1] or '', record[2] or ''
  redis.call('DECRBY', KEYS[4], record[4] or 0)
  if before == 'queued' then less(queue .. ':waiting', record[3]) end
  less(queue .. ':bytes', record[4])
  less(queue .. ':pixels', record[5])
  less(queue .. ':' .. account, record[3])
  less(account .. ':bytes', record[4])
  if redis.call('EXISTS', KEYS[3]) == 0 then redis.call('DEL', KEYS[4], KEYS[7]) end -- should anything else have changed them
  if redis.call('HEXISTS', KEYS[1], 'webhook') == 1 then
    redis.call('ZADD', KEYS[5], now, id)
    ttl_s = math.max(tonumber(ttl_s), WEBHOOK_TTL_S)
  end
  redis.call('EXPIRE', KEYS[1], ttl_s)
  for _, seconds in ipairs({0, annotated_s + 5, ttl_s + 5}) do
    local minute = 60 * math.ceil((now + seconds) / 60)
    redis.call('ZADD', KEYS[6], minute, minute)
  end
  redis.call('PUBLISH', channel, id)
end
