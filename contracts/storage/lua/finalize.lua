-- Put before what makes a job final: what happens then, always and all at once.
-- It leaves its queue, its images go, its record lives on for `ttl_s` (for three days at least if a webhook has to tell of
-- it), gateways where clients wait are told all of it, and the webhook is due.
-- Its images leave the server's file within two minutes, annotated ones and its result as long after they have expired:
-- the times at which the file is to be rewritten are noted, a minute at a time.
-- KEYS: record, images, open jobs, bytes of open jobs, webhooks due, erasures, load, jobs of each of the two queues
local WEBHOOK_TTL_S = 259200
local function less(field, amount) -- of the load
  if redis.call('HINCRBY', KEYS[7], field, -(tonumber(amount) or 0)) <= 0 then redis.call('HDEL', KEYS[7], field) end
end

local function unqueue(id)
  for i = 8, 9 do redis.call('ZREM', KEYS[i], id) end
end

local function finalize(id, state, now, ttl_s, record_key, images_key)
  record_key, images_key = record_key or KEYS[1], images_key or KEYS[2]
  local annotated_s = ttl_s
  local record = redis.call('HMGET', record_key, 'queue', 'account', 'image_count', 'bytes', 'pixels', 'state', 'webhook', 'notify')
  local queue, account = record[1] or '', record[2] or ''
  redis.call('HSET', record_key, 'state', state, 'finished_at', now)
  redis.call('UNLINK', images_key)
  redis.call('ZREM', KEYS[3], id)
  redis.call('DECRBY', KEYS[4], tonumber(record[4]) or 0)
  if record[6] == 'queued' then
    unqueue(id)
    less(queue .. ':waiting', record[3])
  end
  less(queue .. ':bytes', record[4])
  less(queue .. ':pixels', record[5])
  less(queue .. ':' .. account, record[3])
  less(account .. ':bytes', record[4])
  if redis.call('EXISTS', KEYS[3]) == 0 then redis.call('DEL', KEYS[4], KEYS[7]) end -- should anything else have changed them
  if record[7] then
    redis.call('ZADD', KEYS[5], now, id)
    ttl_s = math.max(tonumber(ttl_s), WEBHOOK_TTL_S)
  end
  redis.call('EXPIRE', record_key, ttl_s)
  for _, seconds in ipairs({0, annotated_s + 5, ttl_s + 5}) do
    local minute = 60 * math.ceil((now + seconds) / 60)
    redis.call('ZADD', KEYS[6], minute, minute)
  end
  if record[8] then
    local told = id .. ' ' .. cjson.encode(redis.call('HGETALL', record_key))
    for channel in string.gmatch(record[8], '%S+') do redis.call('PUBLISH', channel, told) end
  end
end
