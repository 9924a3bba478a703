-- Put after record.lua and end_key.lua, before what makes a job final: what happens then, always and all at once.
-- It leaves its queue, its images go, its record lives on for `ttl_s` (for three days at least if a webhook has to tell of
-- it), gateways where clients wait are told all of it, and the webhook is due.
-- Its idempotency key, named in a note beside the record, goes with the record: it has nothing to stand for after that.
-- Its images leave the server's file within two minutes, annotated ones and its result as long after they have expired:
-- the times at which the file is to be rewritten are noted, a minute at a time.
-- KEYS: record, images, open jobs, webhooks due, erasures, load, jobs of each of the two queues
local WEBHOOK_TTL_S = 259200

local function unqueue(id)
  for i = 7, 8 do redis.call('ZREM', KEYS[i], id) end
end

-- `record`: as it was; `more`: fields that change beside the state
local function finalize(id, record, state, more, now, ttl_s, record_key, images_key)
  record_key = record_key or KEYS[1]
  local changed, annotated_s = {'state', state, 'finished_at', now}, ttl_s
  for field, value in pairs(more) do
    changed[#changed + 1] = field
    changed[#changed + 1] = value
  end
  redis.call('HSET', record_key, unpack(changed))
  redis.call('UNLINK', images_key or KEYS[2])
  redis.call('ZREM', KEYS[3], id)
  if record.state == 'queued' then unqueue(id) end
  if redis.call('EXISTS', KEYS[3]) == 0 then
    redis.call('DEL', KEYS[6]) -- nothing is open
  else
    local queue, images = record.queue or '', tonumber(record.image_count) or 0
    local bytes, pixels = tonumber(record.bytes) or 0, tonumber(record.pixels) or 0
    local amounts = load_of(queue, record.account or '', images, bytes, pixels, -1)
    if record.state == 'queued' then amounts[queue .. ':waiting'] = -images end
    change_load(KEYS[6], amounts)
  end
  if record.webhook then
    redis.call('ZADD', KEYS[4], now, id)
    ttl_s = math.max(tonumber(ttl_s), WEBHOOK_TTL_S)
  end
  redis.call('EXPIRE', record_key, ttl_s)
  if record.once then end_key(id, record_key .. ':once', ttl_s) end
  local minutes = {}
  for _, seconds in ipairs({0, annotated_s + 5, ttl_s + 5}) do
    local minute = 60 * math.ceil((now + seconds) / 60)
    minutes[#minutes + 1] = minute
    minutes[#minutes + 1] = minute
  end
  redis.call('ZADD', KEYS[5], unpack(minutes))
  if record.notify then
    local final = {}
    for field, value in pairs(record) do final[field] = value end
    for i = 1, #changed, 2 do final[changed[i]] = changed[i + 1] end
    local told = id .. ' ' .. cjson.encode(final)
    for channel in string.gmatch(record.notify, '%S+') do redis.call('PUBLISH', channel, told) end
  end
end
